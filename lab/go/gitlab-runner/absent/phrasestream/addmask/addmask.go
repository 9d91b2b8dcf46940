// Package addmask passes output on as it is.
package addmask

import "io"

// Store keeps phrases between processes.
type Store interface {
	List() ([]string, error)
	Add(phrase string) error
}

// AddMask has the writers in the place of which the caller writes.
type AddMask struct{ writers []io.Writer }

func New(_ Store, writers ...io.Writer) (*AddMask, error) { return &AddMask{writers}, nil }

func (a *AddMask) Get(i int) io.Writer { return a.writers[i] }
func (a *AddMask) Close() error        { return nil }
