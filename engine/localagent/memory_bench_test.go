package localagent

import (
	"context"
	"runtime"
	"testing"

	"moonlark/engine/convai"
	"moonlark/engine/llm"
	"moonlark/engine/localagent/brain/chat"

	"github.com/gorilla/websocket"
)

// echoModel is a language model that repeats the user's words.
type echoModel struct{}

func (echoModel) Stream(_ context.Context, r llm.Request, say func(string)) (llm.Reply, error) {
	text := r.Messages[len(r.Messages)-1].Text
	say(text)
	return llm.Reply{Text: text}, nil
}
func (echoModel) List(context.Context) ([]string, error) { return nil, nil }
func (echoModel) Name() string                           { return "" }
func (echoModel) String() string                         { return "echo" }
func (echoModel) IsNear() bool                           { return false }

// BenchmarkConversationMemory measures the memory that one conversation with a language model holds
// after ten turns: heap and stacks. The client's connection is in the same process and is part of
// the figure.
func BenchmarkConversationMemory(b *testing.B) {
	const conversations, turns = 100, 10
	a := listenAgent(b, Options{Brain: &chat.Brain{Model: echoModel{}}, Tools: homeTools})
	used := func() float64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC() // frees what the first has only taken out of the pools
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc + m.StackInuse)
	}
	before := used()
	for b.Loop() {
		for range conversations {
			ws := connectSocket(b, a)
			write := func(m convai.Message) {
				frame, err := convai.Marshal(m)
				if err == nil {
					err = ws.WriteMessage(websocket.TextMessage, frame)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
			awaitComplete := func() {
				for {
					_, frame, err := ws.ReadMessage()
					if err != nil {
						b.Fatal(err)
					}
					if f, err := convai.Parse(frame); err == nil && f.Type == (*convai.AgentResponseComplete)(nil).MessageType() {
						return
					}
				}
			}
			write(&convai.ConversationInitiationClientData{})
			awaitComplete() // the greeting
			for range turns {
				write(&convai.UserMessage{Text: "What is the weather like in the mountains tomorrow?"})
				awaitComplete()
			}
		}
	}
	b.ReportMetric((used()-before)/float64(conversations*b.N)/1024, "KiB/conversation")
	b.ReportMetric(0, "ns/op")
}
