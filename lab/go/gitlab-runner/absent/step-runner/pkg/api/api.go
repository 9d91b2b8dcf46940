// Package api has no steps to serve.
package api

import "net"

func SocketAddr(path string) *net.UnixAddr { return &net.UnixAddr{Name: path, Net: "unix"} }
func DefaultSocketPath() string            { return "" }
