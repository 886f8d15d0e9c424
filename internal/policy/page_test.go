package policy

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

const pageFile = "../../docs/policy.md"

var update = flag.Bool("update", false, "write docs/policy.md anew")

func TestThePolicyPageIsFresh(t *testing.T) {
	want := page()
	if *update {
		if err := os.WriteFile(pageFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(pageFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("docs/policy.md is not what the table says; write it with: go test ./internal/policy -run TestThePolicyPageIsFresh -update")
	}
}

func page() string {
	var b strings.Builder
	b.WriteString(`<!-- Made from internal/policy/table.go: go test ./internal/policy -run TestThePolicyPageIsFresh -update -->

# The policy

Who gets back into an account, by which proofs, after which wait, and what ends it. Every form, call, click and timer of Keyback goes through
these rules; they are asserted over all situations and events by ` + "`internal/policy/laws_test.go`" + `.

An account is **basic** (a password), **protected** (a factor beside it) or **guarded** (marked by the operator; agents always). A **proof** is
of one class: mailbox, saved code, factor, voucher, password. Two proofs of one class count once; a passkey is a factor.

## The ways

One row of a group is enough.

`)
	for w := ResetPassword; w <= ReplaceAddress; w++ {
		fmt.Fprintf(&b, "### To %v\n\n| account | what must be shown | approvals | hold | where |\n|---|---|---|---|---|\n", w)
		for p := Basic; p <= Guarded; p++ {
			ways := Ways(p, w)
			for _, way := range ways {
				fmt.Fprintf(&b, "| %v | %s | %s | %s | %s |\n", p, proofsInWords(way), approvalsInWords(way.Approvals), inWords(way.Hold), whereInWords(way.By))
			}
			if len(ways) == 0 {
				fmt.Fprintf(&b, "| %v | - | | | |\n", p)
			}
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, `An unlock lifts only the lock that failed sign-ins made, never an operator's, and needs no new password. An address is replaced only from
the account page, by a holder who is signed in: no recovery grants it.

## The desk

The desk's ways ask, besides what the table says, for **evidence** in the upper band (the account's facts, scored blind), an **identity check**
that an agent did and recorded, and **two agents**: different people, neither of whom made the other or assigned the case to the other, whose
accounts and factors are at least %[1]s old. Every address is told, and anybody who proves mailbox, factor or saved code can object, for the
whole hold. A guarded account is never recovered at the desk. The operator may close the desk's way; the ways of the claimant stay.

## Holds

- The hold begins when proofs and approvals are complete. Approvals come after the proofs.
- %[2]s are added where risk is high or where the claimant says that somebody got in. An unlock has no hold, so nothing is added to it.
- A hold only ever grows: when risk rises while it runs it becomes longer; a better proof, a withdrawn claim or a clock that was put back do not
  make it shorter.
- Nothing is granted, and no hold begins, while the account is frozen or contested, and nothing while another of its recoveries has a grant.

## Times

| what | how long |
|---|---|
`, inWords(YoungFor), inWords(RiskHold))
	for _, row := range []struct {
		what string
		long time.Duration
	}{
		{"an open recovery in which nothing was proven", UnprovenLife},
		{"an open recovery with a proof, from its opening", ProvenLife},
		{"an open recovery with evidence in the upper band, from its opening", DeskLife},
		{"a grant, while the claimant is there", GrantLife},
		{"a grant that ends a hold", HeldGrantLife},
		{"a grant by the desk", DeskGrantLife},
		{"a claimed grant, before the directory is asked what became of it", ClaimLife},
		{"a recovery whose hold is over, while something keeps it from its grant", BlockedLife},
		{"a freeze", FreezeFor},
		{"a second stop in this time contests", ContestWithin},
		{"a factor younger than this closes no earlier way; a younger address proves nothing", YoungFor},
		{"a factor that protected goes on protecting, after it was removed, for", RemovedFor},
		{"what a recovery made proves no other for", RecoveredFor},
	} {
		fmt.Fprintf(&b, "| %s | %s |\n", row.what, inWords(row.long))
	}
	b.WriteString(`
## States and events

| state | what moves it on |
|---|---|
| open | a proof or an approval: to *waiting* if there is a hold, else to *granted* · its time: *expired* |
| waiting | the end of the hold: *granted* · what keeps it from that for too long: *expired* |
| granted | the claimant sets the credential: *claimed* · its time: *expired* |
| claimed | the directory applied the change: *completed* · it did not: *granted* again, or *expired* if the grant's time is over · its time: the directory is asked |
| completed, stopped, expired, refused, contested | nothing: final |

Every state that is not final answers a stop and its time; all but *claimed* answer the claimant's withdrawal and an agent's refusal as well. A completion ends all
sessions, every link and code of the account, its other open recoveries, pending changes and unconfirmed factors, and tells every confirmed address.

## Stops

- Whoever proves mailbox, factor or saved code can stop an open recovery, and disown a completed one. That freezes the account, ends its sessions
  and its other recoveries, and tells every address.
- A second such stop in the time above contests: both sides are frozen until a lead decides; further stops do nothing by themselves.
- A sign-in at the account's full protection stops a recovery and freezes nothing; where the claimant says that somebody got in it does not stop one.
- A voucher cannot stop.

## What proves nothing

- What a recovery made, or what was changed on the account page by somebody signed in with it, for the time above: so no chain of recoveries is
  weaker than its strongest step.
- An address in its first days; a mailbox that was reported as hijacked or given to somebody else.
- Where the claimant says that somebody got in: whatever is not older than the date that the claimant names.
- A device, a hold, the contact mailbox of a case and evidence are no proofs at all.

## Beside NIST SP 800-63B-4

Section 4.2 of the final text (2025), in our words. Its saved recovery code is our saved code, its issued recovery code our mailbox, its recovery
contact our voucher; our factor is an authenticator bound to the account. Basic is held against AAL1, protected and guarded against AAL2. AAL3
and repeated identity proofing are not claimed.

| section | what it asks | what we do |
|---|---|---|
| 4.2.1 | one or more of: saved code, issued code, recovery contact, repeated proofing; another method only on a documented risk analysis | the first three. The desk is another method, and rests on the risk analysis in ` + "`docs/threats.md`" + ` |
| 4.2.1.1 | saved code: at least 64 random bits, kept hashed, throttled; spent by its use and followed by a new one; a replacement is notified | 64 bits. **Stricter**: its successor is shown only after a sign-in with a factor |
| 4.2.1.2 | issued code: at least six digits; by email valid for at most 24 hours; throttled; at least two recovery addresses possible, each confirmed by a code | eight digits, or a link. **Stricter**: 30 minutes from the moment the mail is accepted, and a new address recovers nothing for 7 days |
| 4.2.1.3 | recovery contact: as issued codes, with up to 24 hours more; contacts can be seen and managed; a yearly reminder is advised | **stricter**: a hold of ` + voucherHold() + ` in which every address is told; a voucher whom a recovery named does not count for 30 days |
| 4.2.2.1, no identity proofing (all of AAL1) | one of saved code, issued code, recovery contact | the rows of *basic*. **Stricter**: the hold of a voucher, and the hold where risk is high or hijack is claimed |
| 4.2.2.2, AAL2 | two codes got by different methods; or one code and a single-factor authenticator of the account; or repeated proofing | the rows of *protected*: every row of the claimant is one of the first two. **Stricter**: to replace a factor by codes takes the password and two codes; every row with a voucher has a hold; guarded asks for two agents and 72 hours besides. An unlock, which sets nothing, has no hold |
| 4.2.2.3, AAL3 | as AAL2 where proofed at IAL1 or IAL2; a biometric comparison, attended on site, at IAL3 | not claimed |
| 4.2.3, 4.6 | every recovery is notified to all notification addresses except postal ones, with clear instructions to repudiate it; at least two addresses possible | every confirmed address, at the start of a hold already and not only at the end. **Stricter**: the notice itself stops the recovery and freezes the account |

The same section counts the replacement of a forgotten password by somebody who can still use another authenticator of the account as binding a new one, and not as
recovery; here it goes through the same table. Evidence at the desk is not repeated identity proofing: it never stands alone, and never recovers a guarded account.
`)
	return b.String()
}

// voucherHold is the hold that every row with a voucher has at least, unlocking aside; the page may only claim it while the table keeps it.
func voucherHold() string {
	least := 365 * day
	for _, w := range table {
		if w.All.Has(Voucher) || w.OneOf.Any(Voucher) && w.By == ByClaimant {
			least = min(least, w.Hold)
		}
	}
	return inWords(least)
}

func proofsInWords(w Way) string {
	var parts []string
	if w.All != None {
		parts = append(parts, w.All.String())
	}
	if w.OneOf != None {
		names := w.OneOf.names()
		parts = append(parts, strings.TrimPrefix(strings.Join(names[:len(names)-1], ", ")+" or "+names[len(names)-1], " or "))
	}
	if w.By == ByDesk {
		parts = append(parts, "evidence + identity check")
	}
	return strings.Join(parts, " + ")
}

func approvalsInWords(n int) string {
	return [...]string{"none", "one agent", "two agents"}[n]
}

func whereInWords(by By) string {
	return map[By]string{ByClaimant: "recovery", ByDesk: "the desk", ByAccountPage: "account page, signed in"}[by]
}

func inWords(d time.Duration) string {
	count := func(n int, unit string) string {
		if n == 1 {
			return "1 " + unit
		}
		return fmt.Sprintf("%d %ss", n, unit)
	}
	switch {
	case d == 0:
		return "none"
	case d > 72*hour && d%day == 0:
		return count(int(d/day), "day")
	case d%hour == 0:
		return count(int(d/hour), "hour")
	}
	return count(int(d/time.Minute), "minute")
}
