package acme

import (
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// tolerance is how far Keyback's clock may be from ours.
const tolerance = 5 * time.Minute

// verifier says whether a request comes from Keyback, now, for the first time.
type verifier struct {
	webhook *standardwebhooks.Webhook
	now     func() time.Time

	mu   sync.Mutex
	seen map[string]time.Time // ids of good requests, and when they may be forgotten
}

func newVerifier(secret string, now func() time.Time) (*verifier, error) {
	webhook, err := standardwebhooks.NewWebhook(secret)
	if err != nil || secret == "" {
		return nil, errors.Join(errors.New(`the secret must be "whsec_" and base64`), err)
	}
	return &verifier{webhook: webhook, now: now, seen: map[string]time.Time{}}, nil
}

// verify checks the signature, then the time, then that the id is new. Ids are
// kept only of requests whose signature is right, so that nobody else can fill
// the memory, and as long as their time would still be taken.
func (v *verifier) verify(h http.Header, body []byte) error {
	if err := v.webhook.VerifyIgnoringTimestamp(body, h); err != nil {
		return err
	}
	seconds, err := strconv.ParseInt(h.Get(standardwebhooks.HeaderWebhookTimestamp), 10, 64)
	if err != nil {
		return err
	}
	now, sent := v.now(), time.Unix(seconds, 0)
	if sent.Before(now.Add(-tolerance)) || sent.After(now.Add(tolerance)) {
		return errors.New("the request is too old, or from the future")
	}
	return v.first(h.Get(standardwebhooks.HeaderWebhookID), now, sent.Add(tolerance))
}

func (v *verifier) first(id string, now, until time.Time) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	for old, end := range v.seen {
		if now.After(end) {
			delete(v.seen, old)
		}
	}
	if _, again := v.seen[id]; again {
		return errors.New("the request was sent before")
	}
	v.seen[id] = until
	return nil
}
