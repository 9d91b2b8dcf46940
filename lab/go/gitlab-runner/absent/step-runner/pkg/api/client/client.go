// Package client has what the runner says of steps.
package client

import (
	"strconv"
	"time"
)

type (
	State     int
	ErrorKind int
	Status    struct {
		State     State
		ErrorKind ErrorKind
		Message   string
		ExitCode  int
	}
	Variable struct {
		Key, Value   string
		File, Masked bool
	}
	RunRequest struct {
		Id, WorkDir, BuildDir, Steps string
		Timeout                      *time.Duration
		Env                          map[string]string
		Variables                    []Variable
	}
)

const (
	StateUnspecified State = iota
	StateRunning
	StateSuccess
	StateFailure
	StateCancelled
)

const (
	ErrorUnspecified ErrorKind = iota
	ErrorInternal
	ErrorStepFailure
	ErrorCancelled
	ErrorTimeout
	ErrorUnknown
)

func (s State) String() string { return strconv.Itoa(int(s)) }
