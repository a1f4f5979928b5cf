// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The byte functions that every request pays for: finding and reading a head, removing hop-by-hop fields, writing it again, chunks.
#include <benchmark/benchmark.h>

#include <array>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "base/chunk.h"
#include "http/fields.h"
#include "http/h1_chunked.h"
#include "http/h1_head.h"

namespace {

using namespace nuncio;

// what a browser sends, about 450 bytes
constexpr std::string_view kBrowserHead =
    "GET /catalogue/items?page=2&sort=price HTTP/1.1\r\n"
    "Host: shop.example.com\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: en-US,en;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Connection: keep-alive\r\n"
    "Cookie: session=8c1f6f2e0b7a4d3b; theme=dark\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "Sec-Fetch-Dest: document\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "\r\n";

constexpr std::string_view kOriginHead =
    "HTTP/1.1 200 OK\r\n"
    "Server: gunicorn\r\n"
    "Date: Tue, 24 Nov 2026 06:00:00 GMT\r\n"
    "Content-Type: application/json\r\n"
    "Content-Length: 1024\r\n"
    "Cache-Control: no-store\r\n"
    "Connection: keep-alive\r\n"
    "\r\n";

void scan_request_head(benchmark::State& state) {
  for (auto _ : state) {
    HeadScan scan(HeadScan::Kind::request);
    benchmark::DoNotOptimize(scan.scan(kBrowserHead));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kBrowserHead.size()));
}
BENCHMARK(scan_request_head);

void scan_and_parse_request_head(benchmark::State& state) {
  ChunkPool pool;
  Arena arena(pool);
  for (auto _ : state) {
    HeadScan scan(HeadScan::Kind::request);
    const auto size = scan.scan(kBrowserHead);
    RequestHead head(arena);
    const auto parsed = parse_request_head(kBrowserHead.substr(0, *size), head);
    if (!parsed) state.SkipWithError("refused");
    benchmark::DoNotOptimize(head);
    arena.reset();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kBrowserHead.size()));
}
BENCHMARK(scan_and_parse_request_head);

void scan_and_parse_response_head(benchmark::State& state) {
  ChunkPool pool;
  Arena arena(pool);
  for (auto _ : state) {
    HeadScan scan(HeadScan::Kind::response);
    const auto size = scan.scan(kOriginHead);
    ResponseHead head(arena);
    const auto parsed = parse_response_head(kOriginHead.substr(0, *size), "GET", head);
    if (!parsed) state.SkipWithError("refused");
    benchmark::DoNotOptimize(head);
    arena.reset();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kOriginHead.size()));
}
BENCHMARK(scan_and_parse_response_head);

void forward_request_head(benchmark::State& state) {
  ChunkPool pool;
  Arena arena(pool);
  std::array<char, 16 * 1024> out;
  for (auto _ : state) {
    HeadScan scan(HeadScan::Kind::request);
    const auto size = scan.scan(kBrowserHead);
    RequestHead head(arena);
    const auto parsed = parse_request_head(kBrowserHead.substr(0, *size), head);
    if (!parsed) state.SkipWithError("refused");
    remove_hop_by_hop(head.fields);
    benchmark::DoNotOptimize(write_request_head(head, out));
    benchmark::ClobberMemory();
    arena.reset();
  }
}
BENCHMARK(forward_request_head);

void write_request_head_alone(benchmark::State& state) {
  ChunkPool pool;
  Arena arena(pool);
  RequestHead head(arena);
  if (!parse_request_head(kBrowserHead, head)) state.SkipWithError("refused");
  std::array<char, 16 * 1024> out;
  for (auto _ : state) {
    benchmark::DoNotOptimize(write_request_head(head, out));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(write_request_head_alone);

void decode_chunks(benchmark::State& state) {
  const auto size = static_cast<std::uint64_t>(state.range(0));
  std::string body;
  std::array<char, kMaxChunkHead> chunk_head;
  while (body.size() + size < 16 * 1024) {
    body.append(chunk_head.data(), write_chunk_head(size, chunk_head));
    body.append(size, 'x').append(kChunkEnd);
  }
  body.append(kLastChunk);
  ChunkPool pool;
  Arena arena(pool);
  FieldList trailers(arena);
  std::array<std::string_view, 64> content;
  for (auto _ : state) {
    ChunkedDecoder decoder(Side::client, trailers);
    std::string_view rest = body;
    while (!decoder.done()) {
      const auto step = decoder.decode(rest, content);
      if (!step) state.SkipWithError("refused");
      rest.remove_prefix(step->consumed);
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK(decode_chunks)->Arg(16)->Arg(1024)->Arg(8000);

}  // namespace
