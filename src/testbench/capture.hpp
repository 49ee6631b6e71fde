// Captures of packets (pcap, pcapng), read and written by libpcap. Builds without it (SKEP_PCAP=OFF) refuse them by
// name. Tested by tests/testbench/capture_test.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace skep::testbench {

struct CapturedPacket {
  std::vector<std::uint8_t> bytes;  // from the Ethernet header on
  std::uint64_t time_ns = 0;        // since 1970
  std::uint32_t length = 0;         // on the wire: more than `bytes` has, when the capture cut it
};

class CaptureReader {
 public:
  virtual ~CaptureReader() = default;
  // `filter`: an expression of libpcap's ("tcp port 80"); empty: everything. Null and `error`: no capture, packets that
  // do not begin with an Ethernet header, a filter that is none.
  static std::unique_ptr<CaptureReader> open(const std::string& path, const std::string& filter, std::string& error);
  // False: there are no more, or `error` is set.
  virtual bool next(CapturedPacket& packet, std::string& error) = 0;
};

class CaptureWriter {
 public:
  virtual ~CaptureWriter() = default;
  static std::unique_ptr<CaptureWriter> open(const std::string& path, std::string& error);
  virtual void write(std::span<const std::uint8_t> bytes, std::uint64_t time_ns) = 0;
  // Everything has arrived: empty; else why not.
  virtual std::string finish() = 0;
};

}  // namespace skep::testbench
