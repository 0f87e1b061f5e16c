package api

import (
	"encoding/base64"
	"strconv"
	"time"
)

// page is a part of a list.
type page[T any] struct {
	Items      []T     `json:"items" nullable:"false"`
	NextCursor *string `json:"next_cursor"`     // null: this is the end
	Total      *int    `json:"total,omitempty"` // of the whole list, where it is counted
}

// list is a list that comes whole.
func list[T any](items []T) page[T] {
	if items == nil {
		items = []T{}
	}
	n := len(items)
	return page[T]{Items: items, Total: &n}
}

// Paging is what long lists take. It is exported because huma reads no embedded struct that is not.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"how many items at most"`
	Cursor string `query:"cursor" maxLength:"500" doc:"next_cursor of the page before"`
}

// after is the key behind which the page begins; "" is the beginning.
func (p Paging) after() (string, error) {
	key, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	if err != nil {
		return "", badRequest("cursor is not one that a list gave: leave it out to begin anew")
	}
	return string(key), nil
}

// afterID is after for lists with numbers as keys; 0 is the beginning.
func (p Paging) afterID() (int64, error) {
	key, err := p.after()
	if err != nil || key == "" {
		return 0, err
	}
	id, err := strconv.ParseInt(key, 10, 64)
	if err != nil || id < 1 {
		return 0, badRequest("cursor is not one that this list gave: leave it out to begin anew")
	}
	return id, nil
}

// cut makes a page of items, of which one more than limit was read.
func cut[T any](items []T, limit int, key func(T) string) page[T] {
	if items == nil {
		items = []T{}
	}
	p := page[T]{Items: items}
	if len(items) > limit {
		p.Items = items[:limit]
		cursor := base64.RawURLEncoding.EncodeToString([]byte(key(items[limit-1])))
		p.NextCursor = &cursor
	}
	return p
}

// each is f of every item.
func each[T, U any](items []T, f func(T) U) []U {
	out := make([]U, len(items))
	for i, v := range items {
		out[i] = f(v)
	}
	return out
}

// stamp writes Unix ms as RFC 3339, UTC, with milliseconds.
func stamp(ms int64) string {
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z")
}

// stampOrNull is null for 0.
func stampOrNull(ms int64) *string {
	if ms == 0 {
		return nil
	}
	s := stamp(ms)
	return &s
}

// textOrNull is null for "".
func textOrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
