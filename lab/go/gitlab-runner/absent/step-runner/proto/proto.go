// Package proto has what the runner's own functions say of themselves.
package proto

import "google.golang.org/grpc"

type (
	StepRunnerServer any
	ValueType        int
	Spec             struct{ Spec *Spec_Content }
	Spec_Content     struct {
		Inputs map[string]*Spec_Content_Input
	}
	Spec_Content_Input struct{ Type ValueType }
)

const ValueType_string ValueType = 1

func RegisterStepRunnerServer(*grpc.Server, StepRunnerServer) {}
