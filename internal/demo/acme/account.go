package acme

import "time"

// Account is one of the shop's accounts.
type Account struct {
	ID         string
	Name       string // what its holder signs in with
	FullName   string
	Password   string // to begin with; only its hash is kept
	Addresses  []Address
	Protection string // "basic", "protected" or "guarded"; "" is basic
	Language   string
	Locked     bool // by Acme's own staff
	Missed     int  // wrong passwords in a row
	Frozen     time.Time
	Orders     []Order
	Note       string // what is special about it
	Try        string // what a visitor of the demonstration can try with it
}

// Address is a mailbox of an account; one that is not confirmed recovers nothing.
type Address struct {
	Email     string
	Confirmed time.Time // zero is not yet
}

// Order is something bought.
type Order struct {
	Number string
	Placed time.Time
	Items  string
	Total  string
	State  string
}
