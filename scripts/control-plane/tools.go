//go:build tools

// Package tools names the programs that get-control-plane.sh builds, so that
// `go mod tidy` keeps their dependencies in go.mod and go.sum. Nothing imports it.
package tools

import (
	_ "go.etcd.io/etcd/server/v3"
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager"
	_ "k8s.io/kubernetes/cmd/kubectl"
)
