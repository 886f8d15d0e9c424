package claimant

import (
	"fmt"
	"testing"
	"time"

	"keyback/internal/i18n"
	"keyback/internal/web/assets"
	"keyback/internal/web/holder"
	"keyback/internal/web/parts"
)

// at is a moment of the day on which all the pages of this test are seen.
func at(clock string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", "2026-11-24 "+clock)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

type state struct {
	name string
	page parts.Page
}

var brand = parts.Brand{
	Name: "Acme", Home: "/", SignIn: "/signin", Help: "/help", Record: "/record",
	Legal: []parts.Link{{Text: "Imprint", URL: "/imprint"}, {Text: "Privacy", URL: "/privacy"}},
}

func newSite(t testing.TB, texts *i18n.Library, kit *assets.Assets) *parts.Site {
	t.Helper()
	site, err := parts.NewSite(parts.Options{Texts: texts, Assets: kit, Brand: brand, Pages: pageFolders})
	if err != nil {
		t.Fatal(err)
	}
	return site
}

// everyState is each page in each of its states, in the language of the visit.
func everyState(language string) []state {
	visit := parts.Visit{Language: language, Now: at("14:03:20"), Path: "/recover/rec_1"}
	proven := visit
	proven.Seal = "KF3A-9C1E"
	friday := at("14:00:00").AddDate(0, 0, 3)

	inbox := func(lead Lead, typed string, m Mail) InboxPage {
		m.AskedAt = at("14:02:07")
		p := InboxPage{
			Visit: visit, Lead: lead, Typed: typed, Mail: m, Sender: "Acme <account@acme.example>", Subject: "Acme: get back into your account",
			Code: Form{Action: "/recover/rec_1/code"}, Resend: Form{Action: "/recover/rec_1/mail"}, ResendAfter: at("14:05:07"),
			Change: "/recover?login=" + typed, NotArriving: "/recover/rec_1/mail", Another: "/recover", Cannot: "/help", SignIn: "/signin", Help: "/help",
		}
		if lead == Writing {
			p.Live = "/recover/rec_1/events"
		}
		if box, ok := parts.Provider(typed, "account@acme.example"); ok && lead != ByName {
			p.Mailbox = box
		}
		return p
	}
	const gmail, own = "maria.lopez@gmail.com", "maria.lopez@example.com"
	handed := Mail{Stage: HandedOver, HandedAt: at("14:02:08"), GoodUntil: at("14:32:08")}
	deferred := Mail{Stage: Deferred, HandedAt: at("14:02:08"), NextTry: at("14:03:40")}

	demo := inbox(Writing, own, deferred)
	demo.Mailbox = parts.Mailbox{URL: "/inbox"}
	wrong := inbox(Writing, gmail, handed)
	wrong.CodeTyped, wrong.Problem = "4821 7731", i18n.Say(CodeWrong, "time", at("14:02:08"))
	again := handed
	again.Again = at("14:02:55")
	resend := inbox(Writing, gmail, again)
	resend.ResendAfter = at("14:03:00")

	password := PasswordPage{
		Visit: visit, Form: Form{Action: "/recover/password"}, Account: "maria", Least: 15,
		Suggested: "amber-canal-otter-plinth", GoodUntil: at("14:32:08"), NotMe: "/stop",
	}
	breached := password
	breached.Problem = WhyRefused("password.breached", 15)
	short := password
	short.Problem = WhyRefused("password.short", 15)
	ruled := password
	ruled.Least, ruled.Rules, ruled.Suggested = 8, []i18n.Message{i18n.Literal("Acme asks for a digit as well.")}, ""

	unlock := UnlockPage{Visit: visit, Form: Form{Action: "/recover/unlock"}, Account: "maria", GoodUntil: at("14:32:08"), Forgot: "/recover", NotMe: "/stop"}
	unticked := unlock
	unticked.Problem = i18n.Say(UnlockTick)

	ask := AskPage{Visit: visit, Form: Form{Action: "/recover", Hidden: []parts.Hidden{{Name: "loss", Value: "password"}}}, Loss: LostPassword, Other: "/recover?loss=locked", Cannot: "/help"}
	asking := func(change func(*AskPage)) AskPage {
		p := ask
		change(&p)
		return p
	}
	stop := StopPage{Visit: visit, Form: Form{Action: "/stop/x"}, Happened: SomeoneAsked, When: at("14:02:07"), Near: "Lyon", Device: "an iPhone", ItWasMe: "/stop/x/me"}
	stopping := func(change func(*StopPage)) StopPage {
		p := stop
		change(&p)
		return p
	}
	done := DonePage{Visit: proven, AskedAt: at("14:02:07"), ShownAt: at("14:05:30"), ChangedAt: at("14:06:41"), SignedOut: 3, Told: 2, SignIn: "/signin", SignInNeverWorked: "/help"}
	doneQuiet := done
	doneQuiet.SignedOut, doneQuiet.Told = 0, 1
	doneMany := done
	doneMany.SignedOut, doneMany.Told = 1, 4

	states := []state{
		{"ask", ask},
		{"ask-locked", asking(func(p *AskPage) { p.Loss, p.Other = Locked, "/recover" })},
		{"ask-empty", asking(func(p *AskPage) { p.Problem = i18n.Say(AskEmpty) })},
		{"ask-not-whole", asking(func(p *AskPage) { p.Login, p.Problem = "maria@", i18n.Say(AskNotWhole) })},
		{"ask-slip", asking(func(p *AskPage) {
			p.Login, p.DidYouMean, p.Problem = "maria@gmial.com", "maria@gmail.com", i18n.Say(AskNoMail, "domain", "gmial.com")
		})},
		{"ask-too-soon", asking(func(p *AskPage) { p.Login, p.Problem = "maria", i18n.Say(AskTooSoon, "time", at("14:20:00")) })},
		{"inbox-asked", inbox(Writing, gmail, Mail{Stage: Asked})},
		{"inbox-handing", inbox(Writing, gmail, Mail{Stage: Handing})},
		{"inbox-handed", inbox(Writing, gmail, handed)},
		{"inbox-deferred", demo},
		{"inbox-unknown-provider", inbox(Writing, own, handed)},
		{"inbox-unknown-provider-deferred", inbox(Writing, own, deferred)},
		{"inbox-spent", inbox(Spent, gmail, handed)},
		{"inbox-name", inbox(ByName, "maria", handed)},
		{"inbox-came-back", inbox(Writing, own, Mail{Stage: CameBack, HandedAt: at("14:02:08")})},
		{"inbox-ran-out", inbox(Writing, own, Mail{Stage: RanOut})},
		{"inbox-stuck", inbox(Writing, own, Mail{Stage: Stuck})},
		{"inbox-elsewhere", inbox(Writing, own, Mail{Stage: Elsewhere, HandedAt: at("14:02:08")})},
		{"inbox-halted", inbox(Writing, own, Mail{Stage: Halted})},
		{"inbox-wrong-code", wrong},
		{"inbox-resend", resend},
		{"choose", ChoosePage{Visit: visit, Address: gmail, Accounts: []parts.Way{
			{Text: i18n.Literal("maria"), URL: "/recover/password?account=1"},
			{Text: i18n.Literal("maria-work"), URL: "/recover/password?account=2"},
		}}},
		{"password", password},
		{"password-breached", breached},
		{"password-short", short},
		{"password-rules", ruled},
		{"unlock", unlock},
		{"unlock-unticked", unticked},
		{"done", done},
		{"done-quiet", doneQuiet},
		{"done-many", doneMany},
		{"unlocked", UnlockedPage{Visit: proven, AskedAt: at("14:02:07"), ShownAt: at("14:05:30"), UnlockedAt: at("14:05:41"), SignIn: "/signin", Forgot: "/recover"}},
		{"stop", stop},
		{"stop-changed", stopping(func(p *StopPage) { p.Happened, p.Device = SomeoneChanged, "" })},
		{"stop-unlocked", stopping(func(p *StopPage) { p.Happened, p.Near = SomeoneUnlocked, "" })},
		{"stop-unticked", stopping(func(p *StopPage) { p.Near, p.Device, p.Problem = "", "", i18n.Say(StopTick) })},
		{"stopped", StoppedPage{Visit: proven, HappenedAt: at("14:02:07"), StoppedAt: at("14:03:20"), FrozenUntil: friday, Help: "/help"}},
		{"stopped-prove", StoppedPage{Visit: proven, HappenedAt: at("14:02:07"), StoppedAt: at("14:03:20"), FrozenUntil: friday, Prove: "/recover", Help: "/help"}},
		{"stopped-unfrozen", StoppedPage{Visit: proven, HappenedAt: at("14:02:07"), StoppedAt: at("14:03:20"), Help: "/help"}},
		{"it-was-me", ItWasMePage{Visit: visit, SignIn: "/signin"}},
		{"was-stopped", WasStoppedPage{Visit: visit, AskedAt: at("14:02:07"), StoppedAt: at("14:03:20"), Help: "/help"}},
		{"help", HelpPage{Visit: visit, Contact: "mailto:help@acme.example", Start: "/recover"}},
	}
	for _, link := range []LinkState{LinkRanOut, LinkReplaced, LinkVoid, LinkUsed, LinkUnderway, LinkFrozen, LinkNotAlone, LinkNotLocked, LinkOperatorLock} {
		states = append(states, state{"link-" + string(link), LinkPage{
			Visit: visit, State: link, Newer: at("14:01:09"), FrozenUntil: friday,
			Start: "/recover", SignIn: "/signin", Help: "/help",
		}})
	}
	states = append(states,
		state{"link-ran-out-again", LinkPage{Visit: visit, State: LinkRanOut, Again: Form{Action: "/recover/rec_1/mail"}, Start: "/recover", Help: "/help"}},
		state{"link-frozen-prove", LinkPage{Visit: visit, State: LinkFrozen, FrozenUntil: friday, Prove: "/recover", Help: "/help"}})
	for _, status := range []int{400, 403, 404, 410, 413, 421, 429, 500, 503} {
		states = append(states, state{fmt.Sprint("fault-", status), FaultPage{Visit: visit, Status: status, Reference: "7QK2-M4", Start: "/recover", Help: "/help"}})
	}
	states = append(states, state{"fault-429-again", FaultPage{Visit: visit, Status: 429, Again: at("14:12:00"), Start: "/recover", Help: "/help"}})
	return append(states, holderStates(visit)...)
}

func holderStates(visit parts.Visit) []state {
	signIn := holder.SignInPage{Visit: visit, Action: "/signin", Forgot: "/recover", Locked: "/recover?loss=locked"}
	failed, soon := signIn, signIn
	failed.Login, failed.Problem = "maria", i18n.Say(holder.SignInFailed)
	soon.Login, soon.Problem = "maria", i18n.Say(holder.SignInTooSoon, "time", at("14:20:00"))
	account := holder.AccountPage{Visit: visit, Account: "maria", EndAction: "/account/end", EndAll: "/account/end-all", Home: "/", Places: []holder.Place{
		{ID: "ses_1", Device: "Safari on an iPhone", Near: "Lyon", Since: at("14:01:00"), Here: true},
		{ID: "ses_2", Device: "Firefox on Windows", Near: "Lyon", Since: at("09:12:00").AddDate(0, 0, -9)},
		{ID: "ses_3", Since: at("19:40:00").AddDate(0, -1, 0)},
	}}
	recovered := account
	recovered.RecoveredAt, recovered.Stop = at("13:50:00").AddDate(0, 0, -2), "/help"
	return []state{{"signin", signIn}, {"signin-failed", failed}, {"signin-too-soon", soon}, {"account", account}, {"account-recovered", recovered}}
}
