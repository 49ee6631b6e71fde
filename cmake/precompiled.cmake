# What nearly every source includes, read once for a target of many sources: a third of the time of a build from nothing.
# ccache cannot keep what is compiled so; scripts/lib.sh asks for it where ccache has nothing to give anyway.
option(SKEP_PRECOMPILE "Precompile the headers of the standard library (ccache is then of no use)" OFF)

# skep_precompile(TARGET SOURCE...)
function(skep_precompile target)
  list(LENGTH ARGN sources)
  if(SKEP_PRECOMPILE AND sources GREATER 4)
    # What comes from there is not known to be a system's any more, and GCC 12 takes strings that are glued for overflows.
    # Without this, as most build, such warnings are still errors where they are Skep's own.
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-error=array-bounds>
                           $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-error=restrict>
                           $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-error=stringop-overflow>)
    target_precompile_headers(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:${PROJECT_SOURCE_DIR}/cmake/precompiled.hpp>)
  endif()
endfunction()

# skep_lightly_optimized(TARGET...): of what only tells and asks, sanitized builds need no optimization, which there takes
# two thirds of the compiler's time.
function(skep_lightly_optimized)
  if(SKEP_SANITIZE)
    foreach(target ${ARGN})
      target_compile_options(${target} PRIVATE -O0)
    endforeach()
  endif()
endfunction()
