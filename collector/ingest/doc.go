// Package ingest is the gRPC service that agents talk to: it enrols them, takes their records into the
// journal, acknowledges what is durable, and hands out the assignment.
package ingest
