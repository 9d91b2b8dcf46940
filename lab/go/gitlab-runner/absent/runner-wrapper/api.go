// Package api has what the command "wrapper" is asked.
package api

import (
	"context"
	"errors"
	"strconv"

	"github.com/sirupsen/logrus"
)

type (
	Status              int
	ShutdownCallbackDef interface {
		URL() string
		Method() string
	}
	InitGracefulShutdownRequest interface{ ShutdownCallbackDef() ShutdownCallbackDef }
	ShutdownCallback            interface{ Run(context.Context) }
)

const (
	StatusUnknown Status = iota
	StatusRunning
	StatusInShutdown
	StatusStopped
)

var ErrProcessNotInitialized = errors.New("process not initialized")

func NewShutdownCallback(logrus.FieldLogger, ShutdownCallbackDef) ShutdownCallback { return nil }

func (s Status) String() string { return strconv.Itoa(int(s)) }
