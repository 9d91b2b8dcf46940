// Package server answers nobody.
package server

import (
	"net"

	"github.com/sirupsen/logrus"
)

type Server struct{}

func New(logrus.FieldLogger, any) *Server { return &Server{} }

func (*Server) Listen(net.Listener) {}
func (*Server) Stop()               {}
