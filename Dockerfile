# zoom3d with everything it needs to draw without a display. CUDA comes with PyTorch's own wheels; `--gpus all` makes it visible.
FROM python:3.12-slim

RUN apt-get update \
    && apt-get install --yes --no-install-recommends libegl1 libgl1 libegl-mesa0 libgl1-mesa-dri libglvnd0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home zoom3d

# So that the NVIDIA container runtime brings its OpenGL, too.
ENV NVIDIA_DRIVER_CAPABILITIES=compute,graphics,utility,video

COPY . /src
RUN pip install --no-cache-dir /src && rm -rf /src

USER zoom3d
WORKDIR /work
ENTRYPOINT ["zoom3d"]
