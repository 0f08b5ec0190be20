// Connects with TLS, shows an API key, and what happens without one.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"

	"ennead.example/common"
	pb "ennead.example/gen/enneadv1"
)

func main() {
	tls, err := credentials.NewClientTLSFromFile(os.Getenv("ENNEAD_TLS_CA"), "")
	common.Must(err)
	key, err := os.ReadFile(os.Getenv("ENNEAD_API_KEY_FILE"))
	common.Must(err)
	connection, err := grpc.NewClient(os.Getenv("ENNEAD_SECURE_ADDR"), grpc.WithTransportCredentials(tls))
	common.Must(err)
	client := pb.NewInferenceServiceClient(connection)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()

	keyed := metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+strings.TrimSpace(string(key)))
	models, err := client.ListModels(keyed, &pb.ListModelsRequest{})
	common.Must(err)
	for _, model := range models.Models {
		fmt.Println("serves", model.Name)
	}
	_, err = client.ListModels(ctx, &pb.ListModelsRequest{})
	fmt.Println("without a key:", common.Reason(err))
}
