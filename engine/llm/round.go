package llm

// A Round says what one request of the embedded agent to its model has cost. The JSON names are
// those that --json prints; they may be added to, but never changed.
type Round struct {
	Model string `json:"model"` // Model.String
	// Round is the number of the request in its turn: 1, then 2 after the results of tools, and so
	// on.
	Round        int     `json:"round"`
	Calls        int     `json:"calls"`                   // the number of tools that the model has called
	InputTokens  int     `json:"input_tokens,omitempty"`  // 0 if the server does not say
	OutputTokens int     `json:"output_tokens,omitempty"` // 0 if the server does not say
	FirstToken   float64 `json:"first_token"`             // seconds until the reply began
	Seconds      float64 `json:"seconds"`                 // seconds until the reply was complete
	Attempts     int     `json:"attempts"`                // number of requests, more than 1 if some have failed
}
