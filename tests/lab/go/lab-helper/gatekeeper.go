package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"slices"
)

// denial is one rule of the webhook: what it denies, and the message after `denied the request: `.
type denial struct {
	Kinds     []string
	Namespace string
	Message   string
}

// gatekeeper answers admission reviews as Gatekeeper does: allowed, unless a denial applies.
func gatekeeper(arguments []string) error {
	if len(arguments) != 4 {
		return errors.New("usage: gatekeeper ADDRESS CERT KEY DENIALS.json")
	}
	text, err := os.ReadFile(arguments[3])
	if err != nil {
		return err
	}
	var denials []denial
	if err := json.Unmarshal(text, &denials); err != nil {
		return err
	}
	handler := func(response http.ResponseWriter, request *http.Request) {
		var review struct {
			APIVersion string `json:"apiVersion"`
			Kind       string `json:"kind"`
			Request    struct {
				UID       string `json:"uid"`
				Namespace string `json:"namespace"`
				Kind      struct {
					Kind string `json:"kind"`
				} `json:"kind"`
			} `json:"request"`
		}
		if err := json.NewDecoder(request.Body).Decode(&review); err != nil {
			http.Error(response, err.Error(), http.StatusBadRequest)
			return
		}
		answer := map[string]any{"uid": review.Request.UID, "allowed": true}
		for _, one := range denials {
			if one.Namespace == review.Request.Namespace && slices.Contains(one.Kinds, review.Request.Kind.Kind) {
				answer["allowed"] = false
				answer["status"] = map[string]any{"code": 403, "message": one.Message}
			}
		}
		response.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(response).Encode(map[string]any{
			"apiVersion": review.APIVersion, "kind": review.Kind, "response": answer,
		})
	}
	return http.ListenAndServeTLS(arguments[0], arguments[1], arguments[2], http.HandlerFunc(handler))
}
