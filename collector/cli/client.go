package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ninewatch/internal/conf"
)

// client talks to the API of a running collector.
type client struct {
	server string
	token  conf.Secret
}

func clientFlags(c *cobra.Command, cl *client) {
	c.Flags().StringVar(&cl.server, "server", "", "`URL` of the collector; also NINEWATCH_SERVER")
	c.Flags().Var((*secretFlag)(&cl.token), "api-token", "also NINEWATCH_API_TOKEN")
}

// secretFlag is a flag whose value help texts and errors do not show.
type secretFlag conf.Secret

func (s *secretFlag) String() string     { return conf.Secret(*s).String() }
func (s *secretFlag) Set(v string) error { *s = secretFlag(v); return nil }
func (s *secretFlag) Type() string       { return "secret" }

func (cl *client) complete() error {
	cl.server = strings.TrimRight(cmp.Or(cl.server, os.Getenv("NINEWATCH_SERVER")), "/")
	cl.token = cmp.Or(cl.token, conf.Secret(os.Getenv("NINEWATCH_API_TOKEN")))
	if cl.server == "" || cl.token == "" {
		return usage{errors.New("which collector? give --server and --api-token, set NINEWATCH_SERVER and NINEWATCH_API_TOKEN, or source client.env of the data folder of \"up\"")}
	}
	if u, err := url.Parse(cl.server); err != nil || u.Host == "" {
		return usage{fmt.Errorf("--server %q is not a URL, write for example http://127.0.0.1:8080", cl.server)}
	}
	return nil
}

// answerLimit bounds what is read of an answer.
const answerLimit = 256 << 20

// call makes one request and decodes the answer into out, unless it is nil.
func (cl *client) call(ctx context.Context, method, path string, query url.Values, body []byte, out any) error {
	text, err := cl.fetch(ctx, method, path, query, body)
	if err != nil || out == nil {
		return err
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("%s does not answer as a collector does: %w", cl.server, err)
	}
	return nil
}

// fetch makes one request and returns the body of the answer as it is.
func (cl *client) fetch(ctx context.Context, method, path string, query url.Values, body []byte) ([]byte, error) {
	if err := cl.complete(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	target := cl.server + "/api/v1/" + path
	if strings.HasPrefix(path, "/") { // of another API, such as that of Prometheus
		target = cl.server + path
	}
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+cl.token.Reveal())
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("the collector at %s does not answer: %w", cl.server, errors.Unwrap(err))
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, answerLimit))
	if err != nil {
		return nil, fmt.Errorf("read the answer of %s: %w", cl.server, err)
	}
	if answer.StatusCode >= 300 {
		return nil, refusal(answer, text)
	}
	return text, nil
}

// mistakes are all that a collector found wrong in a request, one each.
type mistakes []string

func (m mistakes) Error() string { return strings.Join(m, "\n") }

// refusal is the error in a problem document (RFC 9457); where it lists mistakes, its detail is a summary of them.
func refusal(answer *http.Response, text []byte) error {
	var problem struct {
		Title  string   `json:"title"`
		Detail string   `json:"detail"`
		Errors mistakes `json:"errors"`
	}
	err := errors.New(answer.Status)
	if json.Unmarshal(text, &problem) == nil {
		switch told := cmp.Or(problem.Detail, problem.Title); {
		case len(problem.Errors) > 0:
			err = problem.Errors
		case told != "":
			err = errors.New(told)
		}
	}
	switch answer.StatusCode {
	case http.StatusUnauthorized:
		return errors.New("the collector does not know this API token: make one with ninewatch-collector api-token create")
	case http.StatusUnprocessableEntity, http.StatusBadRequest:
		return usage{err}
	}
	return err
}
