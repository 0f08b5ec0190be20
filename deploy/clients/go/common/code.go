package common

import (
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc/status"
)

// CodeName is gRPC's code as its specification spells it.
func CodeName(err error) string {
	return code.Code(status.Code(err)).String()
}
