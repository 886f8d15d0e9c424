package httpdir

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"keyback/internal/fault"
	"keyback/internal/token"
)

// maxAnswer is the most that is read of an answer.
const maxAnswer = 1 << 20

const cannotReach = "We cannot reach the accounts just now. Nothing is lost; try again in a few minutes."

// call posts a signed request and reads the answer into out. Whatever is wrong
// with the application is fault.Unavailable, with the cause for the log.
func (d *Directory) call(ctx context.Context, path string, ask, out any) error {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	request, err := d.request(ctx, path, ask)
	if err != nil {
		return err
	}
	answer, err := d.client.Do(request)
	if err != nil {
		return unavailable(path, err, "is the application running, and does it answer in time?")
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil {
		return unavailable(path, err, "the application's answer broke off")
	}
	if len(body) > maxAnswer {
		return unavailable(path, errors.New("the answer is longer than 1 MiB"), "docs/directory.md says what each call answers")
	}
	return read(path, answer, body, out)
}

func (d *Directory) request(ctx context.Context, path string, ask any) (*http.Request, error) {
	body, err := json.Marshal(ask)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	id, now := token.NewID("msg"), d.now()
	signature, err := d.signer.Sign(id, now, body)
	if err != nil {
		return nil, err
	}
	h := request.Header
	h.Set("Content-Type", "application/json")
	h.Set("Accept", "application/json")
	h.Set("User-Agent", "Keyback")
	h.Set(standardwebhooks.HeaderWebhookID, id)
	h.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	h.Set(standardwebhooks.HeaderWebhookSignature, signature)
	return request, nil
}

// newSigner reads the secret, "whsec_" and base64.
func newSigner(secret string) (*standardwebhooks.Webhook, error) {
	signer, err := standardwebhooks.NewWebhook(secret)
	if err != nil || len(strings.TrimPrefix(secret, "whsec_")) < 32 {
		return nil, fault.New(fault.Invalid, "The directory's secret cannot be used.").
			Hint(`make one: echo "whsec_$(openssl rand -base64 32)"`)
	}
	return signer, nil
}

func read(path string, answer *http.Response, body []byte, out any) error {
	switch code := answer.StatusCode; {
	case code == http.StatusNoContent && path == "/sessions/end":
		return nil
	case code != http.StatusOK:
		return refusal(path, answer, body)
	case !isJSON(answer):
		return unavailable(path, fmt.Errorf("answered %q, not JSON", answer.Header.Get("Content-Type")), "does the address lead to the application's calls?")
	}
	if err := decode(body, out); err != nil {
		return unavailable(path, err, "docs/directory.md says what each call answers")
	}
	return nil
}

// decode reads one JSON value and nothing after it. Fields that we do not know are
// the application's own.
func decode(body []byte, out any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	if err := d.Decode(out); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("there is more than one JSON value")
	}
	return nil
}

func isJSON(answer *http.Response) bool {
	kind, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	return err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json"))
}

// refusal turns a status that is not 200 into a fault.
func refusal(path string, answer *http.Response, body []byte) error {
	cause := fmt.Errorf("answered %s", answer.Status)
	switch code := answer.StatusCode; {
	case code == http.StatusUnprocessableEntity && path == "/change":
		if rule, ok := rule(answer, body); ok {
			return fault.New(fault.Invalid, rule).Because(cause)
		}
		return unavailable(path, cause, `a 422 must say which password rule was broken: {"rule": "..."}`)
	case code == http.StatusConflict && path == "/change":
		return fault.New(fault.Conflict, "That was done to another account.").Because(cause)
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return unavailable(path, cause, "the application refuses our signature: compare the secrets and the clocks of both machines")
	case code == http.StatusNotFound || code == http.StatusMethodNotAllowed:
		return unavailable(path, cause, "nothing takes this call there: compare the directory's address with the application's routes")
	case code >= 300 && code < 400:
		return unavailable(path, cause, "redirects are not followed: give the address they lead to")
	case code >= 400 && code < 500:
		return unavailable(path, cause, "the application does not understand us: does it follow docs/directory.yaml?")
	}
	return unavailable(path, cause, "look at the application's own log")
}

// rule is the application's password rule, as far as it is plain text.
func rule(answer *http.Response, body []byte) (string, bool) {
	var problem struct {
		Rule string `json:"rule"`
	}
	if !isJSON(answer) || decode(body, &problem) != nil || strings.TrimSpace(problem.Rule) == "" || !isLine(problem.Rule) {
		return "", false
	}
	text := []rune(strings.TrimSpace(problem.Rule))
	return string(text[:min(len(text), 200)]), true
}

func unavailable(path string, cause error, hint string) error {
	return fault.New(fault.Unavailable, cannotReach).Because(fmt.Errorf("directory call %s: %w", path, cause)).Hint(hint)
}

func notUnderstood(what string) error {
	return fault.New(fault.Unavailable, cannotReach).Because(errors.New("directory: " + what)).Hint("docs/directory.md says what each call answers")
}
