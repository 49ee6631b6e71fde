// What newer objects hold and the distribution's libbpf does not know, dressed as what it knows.
//
// Jump tables (`.jumptables`, what clang makes of a switch) and per-CPU globals (`.percpu`) came after libbpf 1.4. Both
// are loads of an address, so libbpf can be led to treat them as global data: the section gets the name of a data
// section before libbpf opens the file (dress), and the commands in which libbpf then speaks of it are turned into the
// ones that newer libbpf gives (undress_*). All that the second half must know stands in the stand-in's name and
// content, so none of it is kept beside the Kernel. Tested by tests/loader/stand_in_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "skep/kernel.hpp"

namespace skep::loader {

struct Dressing {
  bool jump_tables = false, per_cpu = false, liberties = false;
};
// What this libbpf does not know itself.
Dressing needed_dressing();

// The file with its stand-ins; nothing if there is nothing to dress.
std::optional<std::vector<std::uint8_t>> dress(std::span<const std::uint8_t> file, Dressing wanted);

// What other loaders allow and libbpf refuses (liberties.cpp). False: there is nothing of it.
bool grant_liberties(class ElfImage& image);
// Calls of functions outside of .text (section_calls.cpp). False: there are none.
bool bring_called_sections(class ElfImage& image);

// bpf(2) as libbpf gave it; the same command goes to the Kernel, with stand-ins put right.
int undressed_bpf(Kernel& kernel, int command, void* attr, unsigned size, void* common, unsigned common_size);

// A jump table as the stand-in's content describes it to the instruction that loads its address.
struct JumpTable {
  static constexpr std::uint32_t magic = 0x544a4b53;  // "SKJT"
  static constexpr const char* section = ".rodata.skep_jt";
  struct Head {
    std::uint32_t magic, table, offset, count;  // `table` tells tables apart; `offset`: of the address inside it
  };
  Head head{};
  std::vector<std::int32_t> targets;  // in instructions, from the one that loads the address
};
std::optional<JumpTable> jump_table_at(std::span<const std::uint8_t> content, std::size_t offset);

}  // namespace skep::loader
