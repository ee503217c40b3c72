// Takes one step of Adam. Each thread reads and writes four values once; count is the number of
// such groups of four. Arithmetic and constants are those of step_block in adam.rs.
extern "C" __global__ void adam(
    float4* values, const float4* gradient, float4* first, float4* second, unsigned long long count,
    float decay, float step, float root, float new1, float new2, float epsilon,
    float smallest1, float smallest2)
{
    unsigned long long i = blockIdx.x * (unsigned long long)blockDim.x + threadIdx.x;
    if (i >= count) return;
    float4 value = values[i], grad = gradient[i], mean = first[i], square = second[i];
    #define STEP(x) \
        mean.x += new1 * (grad.x - mean.x); \
        square.x += new2 * (grad.x * grad.x - square.x); \
        if (fabsf(mean.x) < smallest1) mean.x = 0.0f; \
        if (square.x < smallest2) square.x = 0.0f; \
        value.x = value.x * decay - step * mean.x / (sqrtf(square.x) * root + epsilon);
    STEP(x) STEP(y) STEP(z) STEP(w)
    values[i] = value;
    first[i] = mean;
    second[i] = square;
}
