// Package fields names what the runner logs beside its own fields.
package fields

const (
	HTTPStatusCode = "status"
	DurationS      = "duration_s"
)

// Deprecation is the name that a field has from a later version on.
type Deprecation struct{ Standard string }

var (
	Deprecated     = map[string]Deprecation{}
	VariantVersion = map[string]int{}
)
