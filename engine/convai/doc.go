// Package convai is a client for the WebSocket protocol of ElevenLabs conversational agents. It
// encodes and decodes every message in both directions ([Parse], [ParseClient], [Marshal]), opens a
// conversation ([Dial]), sends and receives its messages ([Conversation.Run]), and says how it
// ended ([EndingOf]).
//
// Each conversation has three goroutines. The goroutine that calls Run reads, parses and calls the
// handler. The second goroutine writes. The third goroutine ends the conversation if the connection
// is dead. The reader never waits for the writer: incoming messages are handled at once even if
// outgoing messages cannot be written, and the reply to a ping is queued before the handler gets
// the ping.
//
// ElevenLabs publishes two AsyncAPI documents about the protocol, in its JavaScript SDK and in its
// Swift SDK. This package has the messages of both. A field that is missing in one of the documents
// is optional here.
package convai
