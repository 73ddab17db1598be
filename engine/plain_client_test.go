package engine

import (
	"encoding/json"

	"github.com/gorilla/websocket"
)

// plainClientVariable is the environment variable that makes this test program run the plain Go
// client of BenchmarkToolCallProcess. Its value is the URL of the agent.
const plainClientVariable = "MOONLARK_TEST_PLAIN_CLIENT"

// plainClient is runPlainClient for a process of its own. It returns the error of the connection
// attempt.
func plainClient(url string) error {
	conn, _, err := websocket.DefaultDialer.Dial(url, nil)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"conversation_initiation_client_data"}`))
	for {
		_, frame, err := conn.ReadMessage()
		if err != nil {
			return nil
		}
		var m struct {
			Type string `json:"type"`
			Call struct {
				Name       string `json:"tool_name"`
				ID         string `json:"tool_call_id"`
				Parameters struct {
					Room string `json:"room"`
					On   bool   `json:"on"`
				} `json:"parameters"`
			} `json:"client_tool_call"`
		}
		if json.Unmarshal(frame, &m) != nil || m.Type != "client_tool_call" {
			continue
		}
		result, _ := json.Marshal(map[string]any{"room": m.Call.Parameters.Room, "on": m.Call.Parameters.On})
		answer, _ := json.Marshal(&struct {
			Type    string `json:"type"`
			ID      string `json:"tool_call_id"`
			Result  string `json:"result"`
			IsError bool   `json:"is_error"`
		}{"client_tool_result", m.Call.ID, string(result), false})
		conn.WriteMessage(websocket.TextMessage, answer)
	}
}
