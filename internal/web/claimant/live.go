package claimant

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"keyback/internal/mail"
	"keyback/internal/policy"
	"keyback/internal/recovery"
	"keyback/internal/web/parts"
)

// liveFor is how long a page stays live without a reload.
const liveFor = 35 * time.Minute

func (p *Pages) inbox(w http.ResponseWriter, r *http.Request) error {
	page, err := p.seen(w, r)
	if err != nil {
		return err
	}
	return p.Site.Write(w, http.StatusOK, page)
}

// seen reads the recovery of the page.
func (p *Pages) seen(w http.ResponseWriter, r *http.Request) (InboxPage, error) {
	from, _ := p.origin(w, r)
	s, err := p.Recovery.See(r.Context(), r.PathValue("id"), from)
	if err != nil {
		return InboxPage{}, err
	}
	return p.inboxOf(r, s), nil
}

func (p *Pages) inboxOf(r *http.Request, s recovery.Page) InboxPage {
	path := "/recover/" + s.ID
	visit := p.visit(r)
	visit.Path = path
	page := InboxPage{
		Visit: visit, Typed: s.Asked, Mail: p.way(s),
		Sender: p.Sender, Subject: p.Subject(visit.Language, s.Want == policy.Unlock), NewestSentAt: s.Sent,
		Code: Form{Action: path + "/code"}, Resend: Form{Action: path + "/resend"}, ResendAfter: s.Again,
		Change: "/recover?loss=" + string(lossOf(s.Want)), Cannot: "/help", SignIn: p.Site.Brand().SignInAs(""), Help: p.Site.Brand().Help,
	}
	switch {
	case s.Named:
		page.Lead = ByName
	case s.Quiet:
		page.Lead = Spent
	default:
		page.Mailbox, _ = parts.Provider(s.Asked, p.Sender)
		if p.Mailbox.URL != "" {
			page.Mailbox = p.Mailbox
			page.Mailbox.URL = strings.ReplaceAll(page.Mailbox.URL, "{address}", url.QueryEscape(s.Asked))
		}
	}
	if !s.State.Final() {
		page.Live = path + "/live"
	}
	return page
}

func lossOf(w policy.Want) Loss {
	if w == policy.Unlock {
		return Locked
	}
	return LostPassword
}

// way is how far the mail is, in the words of the page.
func (p *Pages) way(s recovery.Page) Mail {
	m := Mail{Stage: Asked, AskedAt: s.Opened, GoodUntil: s.Until}
	if s.Sent.After(s.Opened) {
		m.Again = s.Sent
	}
	if n := len(s.Steps); n > 0 && !(s.Steps[n-1].Class == mail.Deferred && p.Stuck()) {
		last := s.Steps[n-1]
		m.HandedAt = last.At
		switch {
		case last.Class == mail.Accepted:
			m.Stage = HandedOver
		case last.Class == mail.Deferred && last.Code == 0:
			m.Stage = Handing // nobody has asked us to wait: the trouble is on our side
		case last.Class == mail.Deferred:
			m.Stage, m.NextTry = Deferred, last.Next
		case last.Class == mail.Refused:
			m.Stage = CameBack
		case last.Class == mail.Expired:
			m.Stage = RanOut
		}
	} else if p.Stuck() {
		m.Stage = Stuck
	}
	switch {
	case s.State == policy.Completed, s.Overtaken:
		m.Stage, m.HandedAt = Elsewhere, s.Ended
	case s.State == policy.Expired:
		m.Stage = RanOut
	case s.State.Final():
		m.Stage = Halted
	}
	return m
}

// live sends the page's live part at the next tick, and anew at each tick at which it
// changed. Ticks are whole seconds from the opening on, the same for every recovery:
// when something is sent tells nothing of what the server was busy with.
func (p *Pages) live(w http.ResponseWriter, r *http.Request) error {
	page, err := p.seen(w, r)
	if err != nil {
		return err
	}
	stream, err := p.Streams.Open(w, p.Clients.Network(r))
	if err != nil {
		return err
	}
	defer stream.Close()
	var before string
	for until := p.Now().Add(liveFor); p.Now().Before(until); {
		next := recovery.LastTick(page.Mail.AskedAt, p.Now()).Add(recovery.Tick)
		select {
		case <-r.Context().Done():
			return nil
		case <-p.Streams.Ended():
			return nil
		case <-time.After(next.Sub(p.Now())):
		}
		if page, err = p.seen(w, r); err != nil {
			return nil // the answer has begun: the page goes on without
		}
		part, err := p.Site.Part(LivePart, page)
		if err != nil {
			return nil // as above
		}
		if page.Over() {
			_ = stream.Send("end", part)
			return nil
		}
		if string(part) != before {
			before = string(part)
			if stream.Send("", part) != nil {
				return nil
			}
		}
	}
	return nil
}
