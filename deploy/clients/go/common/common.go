// Package common has what the examples share: a client of a router, and Ennead's reason of an error.
package common

import (
	"log"
	"os"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	pb "ennead.example/gen/enneadv1"
)

// Prompt of all examples.
const Prompt = "Once upon a time there was a"

// Connect gives a client without TLS, of ENNEAD_ADDR.
func Connect() pb.InferenceServiceClient {
	address := os.Getenv("ENNEAD_ADDR")
	if address == "" {
		address = "localhost:8470"
	}
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	Must(err)
	return pb.NewInferenceServiceClient(connection)
}

// Reason is the router's; gRPC's code where the router was not asked or said nothing.
func Reason(err error) string {
	state := status.Convert(err)
	for _, detail := range state.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.Reason
		}
	}
	return CodeName(err)
}

// Must ends the program when there is an error.
func Must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// Ref is a pointer to a value, as optional fields want it.
func Ref[T any](value T) *T { return &value }
