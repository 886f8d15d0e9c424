package acme

import "time"

// Password opens every account of People to begin with.
const Password = "copper-lantern-orchard-7"

// People are the shop's holders, a dozen, each with something to try.
func People(now time.Time) []Account {
	day := now.UTC().Truncate(24 * time.Hour)
	ago := func(days int) time.Time { return day.AddDate(0, 0, -days).Add(10*time.Hour + 24*time.Minute) }
	at := func(email string) Address { return Address{Email: email, Confirmed: ago(400)} }
	lamp := Order{"A-20418", ago(2), "Desk lamp, brass", "€ 89.00", "On its way"}
	curtains := Order{"A-19977", ago(31), "Linen curtains, 140 × 250, two", "€ 124.00", "Delivered"}
	kettle := Order{"A-19120", ago(88), "Enamel kettle, blue", "€ 42.50", "Delivered"}
	chair := Order{"A-20391", ago(5), "Folding chair, beech, four", "€ 156.00", "Being packed"}
	tea := Order{"A-20102", ago(19), "Teapot, 1.2 l, and six cups", "€ 71.00", "Delivered"}
	hooks := Order{"A-18345", ago(160), "Coat hooks, oak", "€ 24.90", "Delivered"}

	all := []Account{
		{
			Name: "maria", FullName: "Maria Lindqvist", Addresses: []Address{at("maria@example.com")}, Orders: []Order{lamp, curtains, kettle},
			Note: "forgot her password",
			Try:  "Forgot her password. Get back in by mail, then sign in.",
		},
		{
			Name: "tom", FullName: "Tom Achterberg", Addresses: []Address{at("tom.achterberg@example.org")}, Orders: []Order{chair},
			Note: "signs in as tom, has mail under another name",
			Try:  "Ask by the user name. The page then never tells where mail goes.",
		},
		{
			Name: "harbour-cafe", FullName: "Harbour Café", Addresses: []Address{at("office@example.com")}, Orders: []Order{tea, chair},
			Note: "shares a mailbox with harbour-bakery",
			Try:  "One mailbox, two accounts: one letter, and a choice.",
		},
		{
			Name: "harbour-bakery", FullName: "Harbour Bakery", Addresses: []Address{at("office@example.com")}, Orders: []Order{kettle},
			Note: "shares a mailbox with harbour-cafe",
			Try:  "The same mailbox. Recover one; the other stays as it was.",
		},
		{
			Name: "jonas.weber", FullName: "Jonas Weber", Addresses: []Address{at("jonas.weber@example.org")}, Language: "de", Orders: []Order{hooks, lamp},
			Note: "reads German",
			Try:  "Gets letters in German, as soon as they are translated.",
		},
		{
			Name: "layla", FullName: "ليلى حداد", Addresses: []Address{at("layla@example.com")}, Language: "ar", Orders: []Order{tea},
			Note: "reads Arabic",
			Try:  "Gets letters in Arabic, as soon as they are translated.",
		},
		{
			Name: "priya", FullName: "Priya Raman", Addresses: []Address{at("priya@example.org")}, Missed: mostMisses, Orders: []Order{curtains},
			Note: "locked after ten wrong passwords",
			Try:  "Locked by ten wrong passwords. Open it by mail; the password stays.",
		},
		{
			Name: "oscar", FullName: "Oscar Nyland", Addresses: []Address{at("oscar@example.com")}, Locked: true, Orders: []Order{hooks},
			Note: "locked by Acme's staff",
			Try:  "Locked by Acme’s staff. No mail opens that; see what the page says.",
		},
		{
			Name: "ines", FullName: "Inês Carvalho", Addresses: []Address{at("ines@example.org")}, Protection: "protected", Orders: []Order{lamp, tea},
			Note: "has a second step, so that mail alone is not enough",
			Try:  "Has a second step, so a mailbox alone does not open it.",
		},
		{
			Name: "sam", FullName: "Sam Okafor", Addresses: []Address{at("sam.okafor@example.com"), at("sam@example.org")}, Orders: []Order{chair, kettle},
			Note: "has two addresses, and both are told",
			Try:  "Two addresses, and both are told. Say “This wasn’t me” in one.",
		},
		{
			Name: "grace", FullName: "Grace Holloway", Addresses: []Address{at("grace@example.com"), {Email: "grace.h@example.org"}}, Orders: []Order{curtains},
			Note: "has one address more, not confirmed yet",
			Try:  "Ask with the address that was never confirmed: it recovers nothing.",
		},
		{
			Name: "bluebird", FullName: "Henry Moss", Addresses: []Address{at("henry.moss@example.com")}, Orders: []Order{kettle, hooks},
			Note: "remembers the address, not the user name",
			Try:  "Forgot the user name. The address is enough, and the letter tells it.",
		},
	}
	for i := range all {
		all[i].ID = "cust_" + string(rune('a'+i)) + "7041"
		all[i].Password = Password
	}
	return all
}

// Accent is the shop's colour.
const Accent = "#2B3FD6"

// DemoSecret is what demo and Acme share. Everybody can read it here, so serve
// refuses it.
const DemoSecret = "whsec_a2V5YmFjay1kZW1vLXNlY3JldC1uZXZlci11c2UtdGhpcw=="
