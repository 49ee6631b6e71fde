# fuzz/NAME_fuzz.cpp -> fuzz-NAME: with libFuzzer when SKEP_FUZZ is on and clang compiles; else fuzz-btf replays files, and
# fuzz-verifier and fuzz-front-door make their inputs from seeds, some of which ctest runs.
option(SKEP_FUZZ "Build the fuzzers with libFuzzer (needs clang)" OFF)
set(libfuzzer FALSE)
if(SKEP_FUZZ AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  set(libfuzzer TRUE)
endif()

# skep_fuzzer(NAME LIBRARY DRIVER SOURCE...): DRIVER has main() where there is no libFuzzer.
function(skep_fuzzer name library driver)
  add_executable(fuzz-${name} ${ARGN})
  target_include_directories(fuzz-${name} PRIVATE ${PROJECT_SOURCE_DIR}/fuzz)
  target_link_libraries(fuzz-${name} PRIVATE ${library})
  if(libfuzzer)
    set_target_properties(fuzz-${name} PROPERTIES EXCLUDE_FROM_ALL TRUE)
    target_compile_options(fuzz-${name} PRIVATE -fsanitize=fuzzer-no-link)
    target_link_options(fuzz-${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(fuzz-${name} PRIVATE ${driver})
  endif()
endfunction()

if(TARGET skep_btf)
  skep_fuzzer(btf skep_btf fuzz/btf_replay.cpp fuzz/btf_fuzz.cpp)
endif()
if(TARGET skep_kernel)
  skep_fuzzer(verifier skep_kernel fuzz/programs/main.cpp fuzz/verifier_fuzz.cpp fuzz/programs/generator.cpp
              fuzz/programs/generator_memory.cpp fuzz/programs/judge.cpp fuzz/programs/world.cpp)
  skep_fuzzer(front-door skep_kernel fuzz/front_door_main.cpp fuzz/front_door_fuzz.cpp)
  if(NOT libfuzzer)
    add_test(NAME fuzz-verifier COMMAND fuzz-verifier --seed 1 --count 1000)
    add_test(NAME fuzz-front-door COMMAND fuzz-front-door 1 50)
  endif()
endif()
