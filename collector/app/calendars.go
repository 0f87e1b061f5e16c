package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	neturl "net/url"
	"strings"
	"sync"
	"time"

	"ninewatch/collector/rrule"
	"ninewatch/collector/uptime"
	"ninewatch/internal/lifecycle"
)

// How often a published calendar is read, and how long one may take.
const (
	calendarEvery   = 15 * time.Minute
	calendarTimeout = 30 * time.Second
)

// calendars reads the calendars that maintenance subscribes to.
type calendars struct {
	log     *slog.Logger
	client  *http.Client
	urls    func() map[string]string // by name of the maintenance
	write   func(context.Context, func(*sql.Tx) error) error
	changed func()                 // what windows there are may have changed
	again   func() <-chan struct{} // closed when the inventory changes
	now     func() time.Time

	told   map[string]string // problems that are in the log
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

func (c *calendars) Start(context.Context) error {
	ctx, cancel := context.WithCancel(context.Background())
	c.cancel, c.told = cancel, map[string]string{}
	c.wg.Go(func() { c.loop(ctx) })
	return nil
}

func (c *calendars) Stop(ctx context.Context) error {
	if c.cancel == nil {
		return nil
	}
	c.cancel()
	return lifecycle.Wait(ctx, &c.wg, "published calendars")
}

// loop reads all of them now and then, and those that are new at once.
func (c *calendars) loop(ctx context.Context) {
	ticker := time.NewTicker(calendarEvery)
	defer ticker.Stop()
	read := map[string]string{}
	for {
		inventory := c.again()
		urls := c.urls()
		fresh := false
		for name, url := range urls {
			if read[name] != url && ctx.Err() == nil {
				read[name] = url
				fresh = c.read(ctx, name, url) || fresh
			}
		}
		if fresh {
			c.changed()
		}
		select {
		case <-ctx.Done():
			return
		case <-inventory:
			select { // what is new of it is known to the ledger within a second
			case <-ctx.Done():
				return
			case <-time.After(2 * time.Second):
			}
		case <-ticker.C:
			clear(read)
		}
	}
}

// read fetches and stores one calendar, and tells whether it could.
func (c *calendars) read(ctx context.Context, name, url string) bool {
	body, err := c.fetch(ctx, url)
	problem := ""
	if err != nil {
		problem = err.Error()
	}
	if c.told[name] != problem && problem != "" {
		c.log.Warn("a calendar of maintenance cannot be read in full, what was read before stays", "maintenance", name, "err", err)
	}
	c.told[name] = problem
	err = c.write(ctx, func(tx *sql.Tx) error {
		return uptime.StoreCalendar(ctx, tx, name, url, body, problem, c.now().UnixMilli())
	})
	if err != nil && ctx.Err() == nil {
		c.log.Error("a calendar of maintenance was not stored, next try in a quarter of an hour", "maintenance", name, "err", err)
	}
	return err == nil && body != ""
}

// fetch reads a calendar. Of one that can be read in part the body comes with an error.
func (c *calendars) fetch(ctx context.Context, url string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, calendarTimeout)
	defer cancel()
	if rest, ok := strings.CutPrefix(url, "webcal://"); ok {
		url = "https://" + rest
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", errors.New("its URL cannot be read: want https://…")
	}
	request.Header.Set("Accept", "text/calendar")
	response, err := c.client.Do(request)
	var failed *neturl.Error
	if errors.As(err, &failed) {
		err = failed.Err // without the URL, which may hold a key
	}
	if err != nil {
		return "", fmt.Errorf("read calendar: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("read calendar: the server says %s", response.Status)
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, rrule.MaxCalendarBytes+1))
	if err != nil {
		return "", fmt.Errorf("read calendar: %w", err)
	}
	body := strings.ToValidUTF8(string(data), "\uFFFD")
	events, err := rrule.ParseCalendar(strings.NewReader(body))
	if err != nil && len(events) == 0 {
		return "", err
	}
	return body, nil
}
