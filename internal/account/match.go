package account

// Match keeps, of what a directory found, the accounts that the query really
// names, and gives the mailbox to write to: the stored bytes of a confirmed
// address, or empty where there is nobody to write to.
//
// For an address, an account must have a confirmed address of the same canonical
// form. Where those addresses are twins (their local parts differ in case), the
// one that was typed to the byte wins; if none is, nothing is answered. Several
// accounts that share one mailbox are all answered. For a name, exact bytes win
// over the canonical form in the same way, one account is answered, and the
// mailbox is its primary address. At most MaxFound accounts are answered.
func Match(q Query, found []Account) (kept []Account, mailbox string) {
	switch {
	case q.Address != "":
		return matchAddress(q.Address, found)
	case q.Name != "":
		return matchName(q.Name, found)
	case q.ID != "":
		return only(keep(found, func(a Account) bool { return a.ID == q.ID }))
	}
	return nil, ""
}

// hit is one confirmed address of an account that answers to the one asked for.
type hit struct {
	account Account
	mailbox mailbox
	email   string
}

func matchAddress(typed string, found []Account) ([]Account, string) {
	asked, ok := parseMailbox(typed)
	if !ok {
		return nil, ""
	}
	hits := hitsFor(asked, found)
	if areTwins(hits) {
		exact := hits[:0:0]
		for _, h := range hits {
			if h.mailbox.same(asked) {
				exact = append(exact, h)
			}
		}
		hits = exact
	}
	if len(hits) == 0 {
		return nil, ""
	}
	var kept []Account
	seen := map[ID]bool{}
	for _, h := range hits {
		if !seen[h.account.ID] && len(kept) < MaxFound {
			kept = append(kept, h.account)
		}
		seen[h.account.ID] = true
	}
	return kept, hits[0].email
}

func hitsFor(asked mailbox, found []Account) []hit {
	var hits []hit
	for _, a := range found {
		for _, address := range a.Addresses {
			m, ok := parseMailbox(address.Email)
			if ok && m.canonical() == asked.canonical() {
				hits = append(hits, hit{a, m, address.Email})
			}
		}
	}
	return hits
}

func areTwins(hits []hit) bool {
	for _, h := range hits {
		if !h.mailbox.same(hits[0].mailbox) {
			return true
		}
	}
	return false
}

func matchName(typed string, found []Account) ([]Account, string) {
	asked, err := CanonicalName(typed)
	if err != nil {
		return nil, ""
	}
	kept := keep(found, func(a Account) bool {
		name, err := CanonicalName(a.Name)
		return err == nil && name == asked
	})
	if len(kept) > 1 {
		kept = keep(kept, func(a Account) bool { return a.Name == typed })
	}
	return only(kept)
}

func keep(found []Account, wanted func(Account) bool) []Account {
	var kept []Account
	for _, a := range found {
		if wanted(a) {
			kept = append(kept, a)
		}
	}
	return kept
}

// only answers a single account with its primary mailbox; several are none.
func only(kept []Account) ([]Account, string) {
	if len(kept) != 1 {
		return nil, ""
	}
	for _, address := range kept[0].Addresses {
		if _, ok := parseMailbox(address.Email); ok {
			return kept, address.Email
		}
	}
	return kept, ""
}
