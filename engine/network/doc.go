// Package network opens connections through proxies, reads the header Retry-After, and explains errors
// of proxies and of certificates to the user.
package network
