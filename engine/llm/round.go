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
	Cost         float64 `json:"cost,omitempty"`          // at the given Price; 0 if that or the tokens are not known
}

// A Price is what a language model costs.
type Price struct{ Input, Output float64 } // of a million tokens

// Of returns what a reply has cost, without discounts such as those for text that the server knows already.
func (p Price) Of(r Round) float64 {
	return (p.Input*float64(r.InputTokens) + p.Output*float64(r.OutputTokens)) / 1e6
}
