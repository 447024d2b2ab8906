//go:build tools

// Package tools names the program that get-argocd.sh builds, so that
// `go mod tidy` keeps its dependencies in go.mod and go.sum. Nothing imports it.
package tools

import _ "github.com/argoproj/argo-cd/v3/cmd"
