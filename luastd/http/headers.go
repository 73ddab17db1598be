package http

import (
	"net/http"
	"strings"

	"moonlark/luastd/headers"
)

// headersOption returns the headers in the option headers. It raises an error for a header that
// cannot be sent.
func headersOption(o options) http.Header {
	header, size := make(http.Header), 0
	for _, f := range fields(o, "headers", o.sentText, "a string or a number") {
		if err := headers.Check(f.name, f.value); err != nil {
			o.fail("%s", err)
		}
		if size += len(f.name) + len(f.value); size > maxSentHeader {
			o.fail("the headers have more than %d bytes", maxSentHeader)
		}
		header.Add(f.name, f.value)
	}
	return header
}

// isForOtherOrigin reports whether the header name may be sent to another origin than the script
// has named.
func isForOtherOrigin(name string) bool {
	return strings.HasPrefix(name, "Accept") || name == "User-Agent" || name == "Content-Type" || name == "Range"
}
