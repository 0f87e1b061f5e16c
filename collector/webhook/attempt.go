package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The pauses between attempts, and how long they are made.
const (
	firstPause = 5 * time.Second
	longPause  = time.Hour
	giveUp     = 3 * 24 * time.Hour
)

// answerLimit bounds what is read and kept of an answer.
const answerLimit = 1 << 10

// result is what one attempt came to.
type result struct {
	code   int // 0: no answer
	err    string
	answer string
	again  bool // worth another attempt
	after  time.Duration
	took   time.Duration
}

func (r result) delivered() bool { return r.code >= 200 && r.code <= 299 }

// send makes one attempt. Its texts hold no secret: neither the receiver's nor what its URL carries.
func (s *Service) send(ctx context.Context, to Receiver, d delivery) result {
	now := s.deps.Now()
	body := s.revealed(d.rendered, to, now)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.URL.Reveal(), bytes.NewReader(body))
	if err != nil {
		return result{err: "the URL of the receiver is not valid"}
	}
	request.Header.Set("Content-Type", d.contentType)
	request.Header.Set("User-Agent", "ninewatch")
	request.Header.Set("webhook-id", d.messageID)
	request.Header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	if to.signs() {
		signature, err := signatures(to, d.messageID, now.Unix(), body)
		if err != nil {
			return result{err: err.Error()}
		}
		request.Header.Set("webhook-signature", signature)
	}
	answer, err := s.client.Do(request)
	if err != nil {
		return result{err: withoutURL(err), again: true}
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, answerLimit))
	return judge(answer, strings.ToValidUTF8(string(text), "\uFFFD"), now)
}

// judge decides by the status whether a delivery is done, worth another attempt, or dead.
func judge(answer *http.Response, text string, now time.Time) result {
	r := result{code: answer.StatusCode, answer: text}
	switch {
	case r.delivered():
	case r.code == http.StatusTooManyRequests || r.code >= 500:
		r.again = true
		r.after = retryAfter(answer.Header.Get("Retry-After"), now)
		r.err = fmt.Sprintf("the receiver answers %s", answer.Status)
	case r.code >= 300 && r.code <= 399:
		r.err = fmt.Sprintf("the receiver answers %s: redirects are not followed, set its final URL", answer.Status)
	case r.code == http.StatusGone:
		r.err = "the receiver answers 410 Gone, it wants no messages any more: nothing is sent to it until its URL changes or a test reaches it"
	default:
		r.err = fmt.Sprintf("the receiver refuses with %s", answer.Status)
	}
	return r
}

// retryAfter reads seconds or a date (RFC 9110, 10.2.3), at most longPause.
func retryAfter(header string, now time.Time) time.Duration {
	var d time.Duration
	if seconds, err := strconv.Atoi(header); err == nil {
		d = time.Duration(min(seconds, 86400)) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		d = at.Sub(now)
	}
	return max(0, min(d, longPause))
}

// pause is the time to the next attempt after the attempts made so far: it doubles from firstPause to
// longPause, with a quarter of jitter either way.
func pause(attempts int) time.Duration {
	d := longPause
	if attempts < 12 {
		d = min(longPause, firstPause<<max(0, attempts-1))
	}
	return d*3/4 + rand.N(d/2)
}

// withoutURL is the text of err without the URL that net/http puts in front: it may carry a token.
func withoutURL(err error) string {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return err.Error()
}
