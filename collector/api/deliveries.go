package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"ninewatch/collector/auth"
	"ninewatch/collector/webhook"
)

type delivery struct {
	ID            string  `json:"id"`
	Receiver      string  `json:"receiver"`
	Incident      string  `json:"incident"`
	Type          string  `json:"type"`
	Status        string  `json:"status" enum:"pending,delivered,dead"`
	Attempts      int     `json:"attempts"`
	CreatedAt     string  `json:"created_at"`
	NextAttemptAt *string `json:"next_attempt_at"`
	FinishedAt    *string `json:"finished_at"`
	ResponseCode  *int    `json:"response_code"`
	Response      string  `json:"response" doc:"the beginning of what the receiver answered"`
	Error         string  `json:"error"`
	DurationMS    *int64  `json:"duration_ms" doc:"of the last attempt"`
	Route         string  `json:"route" doc:"empty: no routes are set"`

	Request string          `json:"request,omitempty" doc:"what is sent, without its secrets; of one delivery"`
	Log     []deliveryTrial `json:"log,omitempty" doc:"its attempts, oldest first; of one delivery"`
}

type deliveryTrial struct {
	Time       string `json:"time"`
	DurationMS int64  `json:"duration_ms"`
	Code       int    `json:"response_code" doc:"0: there was no answer"`
	Error      string `json:"error"`
	Response   string `json:"response"`
}

func deliveryOf(d webhook.Delivery) delivery {
	v := delivery{
		ID: strconv.FormatInt(d.ID, 10), Receiver: d.Receiver, Incident: fmt.Sprintf("INC-%d", d.Incident), Type: d.Type, Status: d.Status,
		Attempts: d.Attempts, CreatedAt: stamp(d.Created), FinishedAt: stampOrNull(d.Finished), Response: d.Answer, Error: d.Error, Route: d.Route,
	}
	if d.Status == "pending" {
		v.NextAttemptAt = stampOrNull(d.Next)
	}
	if d.Took >= 0 {
		v.DurationMS = &d.Took
	}
	if d.Code != 0 {
		v.ResponseCode = &d.Code
	}
	return v
}

type deliveryQuery struct {
	Paging
	Site     string `query:"site"`
	Incident string `query:"incident" doc:"INC-12, or 12"`
	Receiver string `query:"receiver"`
	Status   string `query:"status" enum:"pending,delivered,dead"`
}

type deliveryName struct {
	ID int64 `path:"id" minimum:"1"`
}

func (a *API) deliveryRoutes() {
	get(a, "/deliveries", "list-deliveries", "Webhook deliveries, newest first", viewer, a.listDeliveries)
	get(a, "/deliveries/{id}", "get-delivery", "A delivery with what is sent and each attempt", viewer, a.getDelivery)
	do(a, http.MethodPost, "/deliveries/{id}/replay", "replay-delivery", "Send a delivery again, under the same id", operator, a.replay)
	do(a, http.MethodPost, "/receivers/{name}/test", "test-receiver", "Send a sample message to a receiver at once", operator, a.testReceiver)
}

func (a *API) listDeliveries(ctx context.Context, c caller, in *deliveryQuery) (page[delivery], error) {
	f := webhook.Filter{Sites: c.narrow(in.Site), Receiver: in.Receiver, Status: in.Status, Limit: in.Limit + 1}
	var err error
	if f.Before, err = in.afterID(); err != nil {
		return page[delivery]{}, err
	}
	if in.Incident != "" {
		if f.Incident, err = strconv.ParseInt(strings.TrimPrefix(in.Incident, "INC-"), 10, 64); err != nil || f.Incident < 1 {
			return page[delivery]{}, badRequest("an incident is called INC-12 or so, not %q", in.Incident)
		}
	}
	found, err := a.deps.Deliveries.Find(ctx, f)
	if err != nil {
		return page[delivery]{}, err
	}
	p := cut(found, in.Limit, func(d webhook.Delivery) string { return strconv.FormatInt(d.ID, 10) })
	return page[delivery]{Items: each(p.Items, deliveryOf), NextCursor: p.NextCursor}, nil
}

// delivery looks up a delivery that c may see.
func (a *API) delivery(ctx context.Context, c caller, id int64) (webhook.Delivery, error) {
	found, err := a.deps.Deliveries.Find(ctx, webhook.Filter{ID: id, Sites: c.narrow(""), Limit: 1})
	if err != nil {
		return webhook.Delivery{}, err
	}
	if len(found) == 0 {
		return webhook.Delivery{}, notFound("delivery", strconv.FormatInt(id, 10))
	}
	return found[0], nil
}

func (a *API) getDelivery(ctx context.Context, c caller, in *deliveryName) (delivery, error) {
	d, err := a.delivery(ctx, c, in.ID)
	if err != nil {
		return delivery{}, err
	}
	v := deliveryOf(d)
	var log []webhook.Attempt
	if v.Request, log, err = a.deps.Deliveries.Request(ctx, in.ID); err != nil {
		return delivery{}, err
	}
	v.Log = each(log, func(t webhook.Attempt) deliveryTrial {
		return deliveryTrial{stamp(t.Time), t.Took, t.Code, t.Error, t.Answer}
	})
	return v, nil
}

func (a *API) replay(ctx context.Context, c caller, in *deliveryName) (delivery, error) {
	d, err := a.delivery(ctx, c, in.ID)
	if err != nil {
		return delivery{}, err
	}
	if _, _, err := a.incident(ctx, c, auth.Operate, strconv.FormatInt(d.Incident, 10)); err != nil {
		return delivery{}, err
	}
	if err := a.deps.Deliveries.Replay(ctx, in.ID); err != nil {
		return delivery{}, err
	}
	if err := a.deps.Auth.Audit(ctx, "delivery.replay", strconv.FormatInt(in.ID, 10), d.Receiver); err != nil {
		return delivery{}, err
	}
	d, err = a.delivery(ctx, c, in.ID)
	return deliveryOf(d), err
}

type receiverName struct {
	Name string `path:"name"`
}

type testResult struct {
	Delivered bool   `json:"delivered"`
	Code      int    `json:"response_code" doc:"0: there was no answer"`
	Sent      string `json:"sent" doc:"the message, without its secrets"`
	Response  string `json:"response"`
	Error     string `json:"error"`
}

func (a *API) testReceiver(ctx context.Context, c caller, in *receiverName) (testResult, error) {
	r, err := a.receiver(ctx, in.Name)
	if err != nil {
		return testResult{}, err
	}
	if err := c.mayAll(auth.Operate, r.Sites, "receiver", in.Name); err != nil {
		return testResult{}, err
	}
	code, sent, text, err := a.deps.Deliveries.Test(ctx, in.Name)
	result := testResult{Delivered: err == nil, Code: code, Sent: sent, Response: text}
	if err != nil {
		result.Error = err.Error() // written by webhook for people, without the URL
	}
	return result, a.deps.Auth.Audit(ctx, "receiver.test", in.Name, strconv.Itoa(code))
}
