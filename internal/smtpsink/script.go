package smtpsink

import "time"

// Stage is where in the dialogue a Reply takes effect.
type Stage uint8

// The stages of a transaction, which Script decides.
const (
	Rcpt Stage = iota // the answer to RCPT
	Data              // the answer to DATA
	End               // the answer to the final dot
)

// The stages of a connection, which Opening decides.
const (
	Connect   Stage = iota + 10 // the greeting
	Hello                       // the answer to EHLO or HELO
	StartTLS                    // the answer to STARTTLS
	Handshake                   // the TLS handshake itself: it fails, whatever the reply
	Auth                        // the answer to the last of AUTH
	Mail                        // the answer to every MAIL
)

// Break is how a connection ends at the stage of a Reply.
type Break uint8

// The ways to end.
const (
	Stay   Break = iota // not at all
	HangUp              // after the reply
	Drop                // instead of the reply: at End, the message was read and nobody hears of it
	Reset               // as Drop, by a TCP reset
)

// Attempt is what a Script decides by.
type Attempt struct {
	From, To string
	N        int   // of attempts at this recipient, from 1
	Conn     int64 // the connection's number, from 1
	TLS      bool
}

// Reply is what the server does at one stage; at all others it accepts. The zero
// value accepts everywhere. A message whose End carries an error code is not
// kept; one whose End is dropped or reset is.
type Reply struct {
	At       Stage
	Code     int    // 0 answers as a server that accepts does
	Enhanced string // as "4.2.2"; x.0.0 of the code's class when empty
	Text     string
	Break    Break
	Delay    time.Duration   // before the reply
	Hold     <-chan struct{} // the reply waits until it is closed
	Drip     time.Duration   // between the bytes of the reply: a slow server
}
