package api

import (
	"errors"
	"html/template"
	"net/http"

	"ninewatch/collector/alert"
	"ninewatch/collector/webhook"
)

// callbackPage asks before it does anything: programs that look at links in messages only ask.
var callbackPage = template.Must(template.New("callback").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">
<title>{{.Title}} · ninewatch</title></head>
<body><main><h1>{{.Title}}</h1><p>{{.Text}}</p>
{{if .Button}}<form method="post"><button>{{.Button}}</button></form>{{end}}
{{if .Name}}<p><a href="/incidents/{{.Name}}">Open {{.Name}} in ninewatch</a></p>{{end}}</main></body></html>
`))

type callbackView struct{ Title, Text, Button, Name string }

func (a *API) answerCallback(w http.ResponseWriter, status int, v callbackView) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer") // the link is a secret
	h.Set("Content-Security-Policy", "default-src 'none'; form-action 'self'; frame-ancestors 'none'")
	w.WriteHeader(status)
	if err := callbackPage.Execute(w, v); err != nil {
		a.log.Debug("page of a callback not sent", "err", err)
	}
}

// callback serves the links in messages. They need no login: who has the link may do this one thing with this one
// incident, until it expires. GET asks, POST does.
func (a *API) callback(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<10)
	c, err := a.deps.Deliveries.ReadCallback(r.PathValue("token"))
	if err != nil {
		status := http.StatusNotFound
		if errors.Is(err, webhook.ErrCallbackExpired) {
			status = http.StatusGone
		}
		a.answerCallback(w, status, callbackView{Title: "This link does nothing", Text: err.Error()})
		return
	}
	i, _, err := a.deps.Incidents.Incident(r.Context(), c.Incident)
	if err != nil {
		a.answerCallback(w, http.StatusNotFound, callbackView{Title: "There is no such incident", Text: "It may have been removed."})
		return
	}
	words := map[string]string{"acknowledge": "Acknowledge", "resolve": "Resolve"}[c.Action]
	switch {
	case i.Status == alert.Resolved:
		a.answerCallback(w, http.StatusOK, callbackView{Title: i.Name() + " is resolved already", Text: i.Summary, Name: i.Name()})
	case r.Method != http.MethodPost:
		a.answerCallback(w, http.StatusOK, callbackView{Title: words + " " + i.Name(), Text: i.Summary, Button: words, Name: i.Name()})
	default:
		a.doCallback(w, r, c, i)
	}
}

func (a *API) doCallback(w http.ResponseWriter, r *http.Request, c webhook.Callback, i alert.Incident) {
	who := "link sent to " + c.Receiver
	var err error
	done := "acknowledged"
	if c.Action == "resolve" {
		done = "resolved"
		_, err = a.deps.Incidents.Resolve(r.Context(), i.ID, who, "")
	} else {
		_, err = a.deps.Incidents.Acknowledge(r.Context(), i.ID, who)
	}
	if err != nil && !errors.Is(err, alert.ErrResolved) {
		a.log.Error("callback failed", "incident", i.Name(), "err", err)
		a.answerCallback(w, http.StatusInternalServerError, callbackView{Title: "That did not work", Text: "Try again in a moment.", Name: i.Name()})
		return
	}
	a.answerCallback(w, http.StatusOK, callbackView{Title: i.Name() + " is " + done, Text: i.Summary, Name: i.Name()})
}
