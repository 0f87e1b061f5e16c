// Package app builds the collector from its parts and runs it.
//
// Facts flow one way: ingest takes records into the journal and acknowledges them; the feed carries them from
// there to the stores, each at its own pace; the engines judge what was stored, alert tells, webhook
// delivers. The API reads.
package app
