package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"
)

func incidentCommand() *cobra.Command {
	return group(&cobra.Command{Use: "incident", Short: "Answer for an incident, and see why it is told"},
		incidentAct("acknowledge", "Take an incident on: nobody is told again, and it is not escalated"),
		incidentAct("comment", "Add words to the timeline of an incident"),
		incidentAct("resolve", "End an incident by hand"),
		incidentExplain())
}

// incidentAct is a command that does one thing to an incident, with words for its timeline.
func incidentAct(what, short string) *cobra.Command {
	var cl client
	c := &cobra.Command{
		Use: what + " INCIDENT [TEXT]", Short: short, Args: cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			body, err := json.Marshal(map[string]string{"text": strings.Join(args[1:], " ")})
			if err != nil {
				return err
			}
			var done struct {
				ID, Status, Summary string
			}
			if err := cl.call(c.Context(), http.MethodPost, "incidents/"+url.PathEscape(args[0])+"/"+what, nil, body, &done); err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s is %s: %s\n", done.ID, done.Status, done.Summary)
			return err
		},
	}
	clientFlags(c, &cl)
	return c
}

// explanation is the answer of incidents/ID/explain, as far as it is printed.
type explanation struct {
	ID, Rule, Muted string
	Inputs          []struct {
		Kind, Summary, Since string
		EndedAt              string `json:"ended_at"`
		Hidden               bool
		Evidence             []string
	}
	Told []struct {
		Receiver, Knows, Withheld string
		LastAt                    string `json:"last_at"`
	}
	Waiting []struct {
		Receiver, Type string
		DueAt          string `json:"due_at"`
	}
	OtherRoutes []struct{ Route, Why string } `json:"other_routes"`
}

func incidentExplain() *cobra.Command {
	var cl client
	var output string
	c := &cobra.Command{
		Use: "explain INCIDENT", Short: "Say what an incident consists of, who was told, and who was not and why", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if output != "table" && output != "json" {
				return usage{fmt.Errorf("output format %q: it is one of table, json", output)}
			}
			var text json.RawMessage
			if err := cl.call(c.Context(), http.MethodGet, "incidents/"+url.PathEscape(args[0])+"/explain", nil, nil, &text); err != nil {
				return err
			}
			if output == "json" {
				_, err := fmt.Fprintf(c.OutOrStdout(), "%s\n", text)
				return err
			}
			var x explanation
			if err := json.Unmarshal(text, &x); err != nil {
				return fmt.Errorf("%s does not answer as a collector does: %w", cl.server, err)
			}
			return x.print(c.OutOrStdout())
		},
	}
	clientFlags(c, &cl)
	c.Flags().StringVarP(&output, "output", "o", "table", "table or json")
	return c
}

func (x explanation) print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s opened because %s\n", x.ID, x.Rule)
	for _, in := range x.Inputs {
		fmt.Fprintf(&b, "  %s: %s, since %s", in.Kind, in.Summary, in.Since)
		if in.EndedAt != "" {
			fmt.Fprintf(&b, " to %s", in.EndedAt)
		}
		if in.Hidden {
			b.WriteString(", explained by the others")
		}
		b.WriteString("\n")
		for _, e := range in.Evidence {
			fmt.Fprintf(&b, "    %s\n", e)
		}
	}
	if x.Muted != "" {
		fmt.Fprintf(&b, "nobody is told now: %s\n", x.Muted)
	}
	for _, t := range x.Told {
		switch {
		case t.Knows != "":
			fmt.Fprintf(&b, "%s was told %s at %s\n", t.Receiver, t.Knows, t.LastAt)
		default:
			fmt.Fprintf(&b, "%s was told nothing\n", t.Receiver)
		}
		if t.Withheld != "" {
			fmt.Fprintf(&b, "  not more, as %s\n", t.Withheld)
		}
	}
	for _, t := range x.Waiting {
		fmt.Fprintf(&b, "%s will be told %s at %s\n", t.Receiver, t.Type, t.DueAt)
	}
	for _, r := range x.OtherRoutes {
		fmt.Fprintf(&b, "not by route %s: %s\n", r.Route, r.Why)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
