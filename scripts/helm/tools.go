//go:build tools

// Package tools names the program that get-helm.sh builds, so that `go mod tidy`
// keeps its dependencies in go.mod and go.sum. Nothing imports it.
package tools

import _ "helm.sh/helm/v4/cmd/helm"
