// Package web has what the pages in the browser share: the libraries, fonts and colours, a handler
// that serves the files of a page, and the stream of events that a page shows.
//
// A [Stream] gets the events of the bus, keeps the newest ones, and sends them to its readers as
// server-sent events (GET /events). It also knows the state of the agent, which each reader gets
// first (GET /snapshot). A [Files] serves files from memory. Both are http.Handlers: the server on
// which they are mounted checks who may read them.
//
// Everything that happens in a page comes from these two and from the POST requests that other
// programs use too. No HTML is made on the server: a page gets text and shows it as text.
package web
