// Package snowplow refuses to tell anybody what was used.
package snowplow

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
	"gitlab.com/gitlab-org/labkit/v2/events/snowplow/metrics"
	"gitlab.com/gitlab-org/labkit/v2/events/snowplow/oidc"
)

var errLeftOut = errors.New("billing is left out of this build")

type (
	SendResult struct {
		EventCount, StatusCode int
		Err                    error
	}
	SendCallback              func(successes, failures []SendResult)
	EmitterOption             func()
	Emitter                   struct{}
	Tracker                   struct{}
	BillingEventRequiredInput struct {
		Category, EventType, Realm, UnitOfMeasure string
		Quantity                                  float64
	}
	BillingEventOptionalInput struct {
		Subject, DeploymentType, InstanceID, UniqueInstanceID string
		ProjectID, NamespaceID, RootNamespaceID               int64
		OrganizationID                                        int64
		Metadata                                              map[string]any
	}
)

func WithCallback(SendCallback) EmitterOption                              { return func() {} }
func WithTokenSource(*oidc.Source) EmitterOption                           { return func() {} }
func WithMetricsCollectorOptions(...metrics.CollectorOption) EmitterOption { return func() {} }
func NewEmitter(string, ...EmitterOption) (*Emitter, error)                { return nil, errLeftOut }
func NewTracker(string, *Emitter) (*Tracker, error)                        { return nil, errLeftOut }

func (*Emitter) Collector() prometheus.Collector { return prometheus.NewGauge(prometheus.GaugeOpts{}) }
func (*Tracker) Stop()                           {}
func (*Tracker) TrackBillingEventWithOptionalInput(BillingEventRequiredInput, BillingEventOptionalInput) error {
	return errLeftOut
}
