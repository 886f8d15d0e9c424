package demo

import "strings"

// steps are the eighteen of the way back in.
var steps = [...]string{
	1: "Identify the issue", "Locate the recovery option", "Enter the email address", "Check your email", "Follow the link",
	"Reset the password", "Confirmation", "Test the new credentials", "Double-check the address", "Check email settings",
	"Contact support", "Provide information", "Verify identity", "Wait patiently", "Follow instructions", "Keep records",
	"Secure the account", "Keep it up to date",
}

// A where says which step a page is: its path, and the name that Keyback's pages
// carry in data-page. 0 is none of them.
type where func(path, page string) int

func keybackStep(_, page string) int {
	switch page {
	case "ask":
		return 3
	case "inbox":
		return 4
	case "choose", "link", "unlock":
		return 5
	case "password":
		return 6
	case "done", "unlocked", "stop", "stopped", "itwasme", "wasstopped":
		return 7
	case "signin", "account":
		return 8
	case "help":
		return 11
	}
	return 0
}

func acmeStep(path, _ string) int {
	switch {
	case path == "/" || path == "/signin":
		return 2
	case path == "/orders":
		return 8
	}
	return 0
}

func frontStep(path, _ string) int {
	if strings.HasPrefix(path, "/mail") {
		return 4
	}
	return 0
}
