// Package stories tells the ways that people go, each driven through the real server
// by visitors with browsers of their own: one file a way.
package stories
