// Package value knows text alone.
package value

import (
	"errors"
	"iter"
)

type (
	Kind  int
	Value struct {
		kind Kind
		text string
	}
	Mapper interface {
		All() iter.Seq2[Value, Value]
		Attr(string) (Value, error)
		Get(Value) (Value, error)
		Keys() iter.Seq[Value]
		Len() int
		Values() iter.Seq[Value]
		WithMarks(uint16) Mapper
	}
)

const (
	NullKind Kind = iota
	StringKind
	NumberKind
	BoolKind
	ArrayKind
	ObjectKind
)

var (
	ErrAttributeNotFound = errors.New("attribute not found")
	ErrInvalidKey        = errors.New("invalid key")
)

func Null() Value              { return Value{} }
func String(text string) Value { return Value{StringKind, text} }
func Object(Mapper) Value      { return Value{kind: ObjectKind} }

func (v Value) Kind() Kind                { return v.kind }
func (v Value) String() string            { return v.text }
func (v Value) WithMarks(...uint16) Value { return v }
func (v Value) HasMarks(...uint16) bool   { return false }
