# zoom3d with everything it needs to draw without a display. CUDA comes with PyTorch's own wheels; `--gpus all` makes it visible.
FROM python:3.12-slim

RUN apt-get update \
    && apt-get install --yes --no-install-recommends libegl1 libgl1 libegl-mesa0 libgl1-mesa-dri libglvnd0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home zoom3d \
    && install --directory --mode 1777 /cache

# So that the NVIDIA container runtime brings its OpenGL, too.
ENV NVIDIA_DRIVER_CAPABILITIES=compute,graphics,utility,video

# Weights, depth maps and scenes: a volume here keeps them from one run to the next. Not declared as one, so that an image made
# from this one can bring weights along.
ENV ZOOM3D_CACHE=/cache

COPY . /src
RUN pip install --no-cache-dir /src && rm -rf /src

USER zoom3d
WORKDIR /work
ENTRYPOINT ["zoom3d"]
