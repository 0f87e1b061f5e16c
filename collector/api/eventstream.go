package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"ninewatch/collector/auth"
)

// Times of an event stream. Pages call themselves not live after 10 s without a word.
const (
	heartbeatEvery = 3 * time.Second
	reloginEvery   = 30 * time.Second // who may see what is looked at again
	writeTimeout   = 10 * time.Second // for a reader that takes nothing
)

func (a *API) eventRoutes() {
	route(a, http.MethodGet, "/events", "watch-events", "What changes, as server-sent events: state, incident, watermark, inventory", viewer,
		func(context.Context, caller, *nothing) (*huma.StreamResponse, error) {
			return &huma.StreamResponse{Body: func(ctx huma.Context) {
				r, w := humago.Unwrap(ctx)
				a.stream(w, r)
			}}, nil
		})
}

// stream writes events until the reader goes, is too slow, or may no longer see anything.
func (a *API) stream(w http.ResponseWriter, r *http.Request) {
	s, ok := a.deps.Events.open()
	if !ok {
		writeProblem(w, r, newProblem(http.StatusServiceUnavailable, "too many pages are open: close some"))
		return
	}
	defer a.deps.Events.close(s)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // for a proxy that would hold events back
	w.WriteHeader(http.StatusOK)
	out := &sender{w: w, control: http.NewResponseController(w)}
	p, _ := auth.From(r.Context())
	who := caller{p}
	heartbeat, relogin := time.NewTicker(heartbeatEvery), time.NewTicker(reloginEvery)
	defer heartbeat.Stop()
	defer relogin.Stop()
	out.send("retry: 2000\n\n")
	a.heartbeat(r.Context(), out, who)
	for out.err == nil {
		select {
		case <-r.Context().Done():
			return
		case <-s.slow:
			return // it reads everything again when it comes back
		case e := <-s.queue:
			if e.site == "" || who.sees(e.site) {
				out.event(e.topic, e.data)
			}
		case <-heartbeat.C:
			a.heartbeat(r.Context(), out, who)
		case <-relogin.C:
			p, err := a.principal(r)
			if err != nil {
				return
			}
			who = caller{p}
		}
	}
}

// heartbeat tells up to when the data of the reader's sites is complete; where that cannot be told, that the
// stream lives.
func (a *API) heartbeat(ctx context.Context, out *sender, who caller) {
	all, err := a.agentsOf(ctx, who, "")
	if err != nil {
		out.send(": the stream lives\n\n")
		return
	}
	data, _ := json.Marshal(map[string]*string{"watermark": stampOrNull(watermark(all, a.deps.Now().UnixMilli()))}) // a text
	out.event(topicWatermark, data)
}

// sender writes to one reader, and remembers its first failure.
type sender struct {
	w       io.Writer
	control *http.ResponseController
	err     error
}

func (s *sender) event(topic string, data []byte) {
	s.send(fmt.Sprintf("event: %s\ndata: %s\n\n", topic, data))
}

func (s *sender) send(text string) {
	if s.err != nil {
		return
	}
	// Where the writer knows no deadlines, TCP's own end the stream.
	_ = s.control.SetWriteDeadline(time.Now().Add(writeTimeout))
	if _, s.err = io.WriteString(s.w, text); s.err == nil {
		s.err = s.control.Flush()
	}
}
