// Package promapi serves the part of the Prometheus HTTP API that a Grafana data source calls: query,
// query_range, series, labels, label/NAME/values, metadata, status/buildinfo and rules.
//
// Who may see what is decided in one place: Scoped forces a matcher on the label site into everything that
// is read, values of labels included. The verdicts of the ledger appear as the series ninewatch_state,
// which Derived makes at query time; it is never stored and no engine reads it back.
//
// Answers have the form of https://prometheus.io/docs/prometheus/latest/querying/api/.
package promapi
