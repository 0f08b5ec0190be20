// Sets the routing temperature of a request and reads which experts did the work.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"ennead.example/common"
	pb "ennead.example/gen/enneadv1"
)

func main() {
	client := common.Connect()
	for _, temperature := range []float64{0.25, 1, 4} {
		fmt.Println("routing temperature", temperature)
		show(client, temperature)
	}
}

func show(client pb.InferenceServiceClient, temperature float64) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	stream, err := client.Generate(ctx, &pb.GenerateRequest{
		Prompt:   &pb.GenerateRequest_Text{Text: common.Prompt},
		Sampling: &pb.SamplingOptions{Temperature: common.Ref(0.0)},
		Stopping: &pb.StoppingOptions{MaxTokens: common.Ref(uint32(24))},
		Routing:  &pb.RoutingOptions{Temperature: common.Ref(temperature)},
		Trace:    &pb.TraceOptions{Level: pb.TraceLevel_TRACE_LEVEL_SUMMARY},
	})
	common.Must(err)
	for {
		piece, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return
		}
		common.Must(err)
		for _, layer := range piece.GetTrace().GetSummary() {
			fmt.Printf("  layer %d: entropy %.3f, tokens per expert", layer.Layer, layer.MeanEntropy)
			for _, tokens := range layer.ExpertTokens {
				fmt.Printf(" %3d", tokens)
			}
			fmt.Println()
		}
	}
}
